// What the server refuses by itself: one response, then the connection ends without losing it.

#include <gtest/gtest.h>

#include <memory>

#include "http/server.h"
#include "http/test_client.h"
#include "http/test_server.h"

namespace parley::http {
namespace {

struct Case {
  int status;
  std::string request;
};

const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ServerRefusal, IsOneResponseAndTheEndOfTheConnection) {
  TestServer server;
  const std::vector<Case> cases = {
      {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {400, "GET / HTTP/1.1\nHost: x\n\n"},
      {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"},
      {413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n"},
      {414, "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
      {417, "GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n"},
      {431, "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(9'000, 'a') + "\r\n\r\n"},
      {501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
  };
  for (const Case& refused : cases) {
    TestClient client(server.port());
    client.send(refused.request + get + get);
    const auto response = client.receive();
    ASSERT_TRUE(response) << refused.request;
    EXPECT_EQ(response->status, refused.status) << refused.request;
    EXPECT_EQ(response->header("connection"), "close");
    EXPECT_NE(response->header("request-id"), "(none)");
    EXPECT_FALSE(response->body.empty());
    EXPECT_EQ(client.rest(), "") << refused.request;
  }
  EXPECT_EQ(server.answered, 0);
}

TEST(ServerRefusal, CarriesTheRequestsOwnId) {
  TestServer server;
  TestClient client(server.port());
  EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nRequest-Id: mine\r\nA : b\r\n\r\n")->header("request-id"), "mine");
  TestClient large(server.port());
  EXPECT_EQ(large.ask("GET / HTTP/1.1\r\nHost: x\r\nRequest-Id: mine\r\nContent-Length: 9999999\r\n\r\n")
                ->header("request-id"),
            "mine");
}

TEST(ServerRefusal, ComesAfterTheResponsesToWhatWasPipelinedBefore) {
  TestServer server;
  TestClient client(server.port());
  client.send(get + get + "BAD\r\n\r\n" + get);
  EXPECT_EQ(client.receive()->status, 200);
  EXPECT_EQ(client.receive()->status, 200);
  EXPECT_EQ(client.receive()->status, 400);
  EXPECT_EQ(client.rest(), "");
}

TEST(ServerRefusal, ReachesAClientThatIsStillSending) {
  TestServer server;
  for (int i = 0; i < 50; ++i) {
    TestClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n" + std::string(20'000, 'x'));
    EXPECT_EQ(client.receive()->status, 413);
    EXPECT_TRUE(client.send(std::string(20'000, 'x'))) << "the server drains for a while";
    EXPECT_EQ(client.rest(), "");
  }
}

TEST(ServerRefusal, DrainsNoMoreThanItsLimit) {
  Limits limits = patient_limits();
  limits.linger_bytes_max = 1'000;
  TestServer server(limits);
  TestClient client(server.port());
  EXPECT_EQ(client.ask("BAD\r\n\r\n")->status, 400);
  client.send(std::string(2'000, 'x'));
  server.await_connections(0);
}

TEST(ServerRefusal, DrainsNoLongerThanItsDeadline) {
  Limits limits = patient_limits();
  limits.linger_deadline = std::chrono::milliseconds(20);
  TestServer server(limits);
  TestClient client(server.port());
  EXPECT_EQ(client.ask("BAD\r\n\r\n")->status, 400);
  server.await_connections(0);
}

TEST(ServerRefusal, ToAHeadHasNoBody) {
  TestServer server;
  TestClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.receive(true)->status, 400);
  EXPECT_EQ(client.rest(), "");
}

TEST(ServerRefusal, TellsClientsBeyondTheMaximumThatThereIsNoRoom) {
  Limits limits = patient_limits();
  limits.connections_max = 2;
  TestServer server(limits);
  TestClient first(server.port());
  auto second = std::make_unique<TestClient>(server.port());
  EXPECT_EQ(first.ask(get)->status, 200);
  EXPECT_EQ(second->ask(get)->status, 200);
  {
    TestClient third(server.port());
    EXPECT_EQ(third.receive()->status, 503);
    EXPECT_EQ(third.rest(), "");
  }
  second.reset();
  server.await_connections(1);
  TestClient fourth(server.port());
  EXPECT_EQ(fourth.ask(get)->status, 200);
  EXPECT_EQ(first.ask(get)->status, 200);
}

TEST(ServerRefusal, IsSilentWhereTooManyAreBeingTurnedAway) {
  Limits limits = patient_limits();
  limits.connections_max = 1;
  limits.turned_away_max = 1;
  TestServer server(limits);
  TestClient first(server.port());
  EXPECT_EQ(first.ask(get)->status, 200);
  TestClient second(server.port());
  EXPECT_EQ(second.receive()->status, 503);
  TestClient third(server.port());
  EXPECT_EQ(third.rest(), "");
}

}  // namespace
}  // namespace parley::http
