// What a client sees of the server where all goes well: connections, order, the headers of every response.

#include "http/server.h"

#include <gtest/gtest.h>

#include <set>

#include "http/test_client.h"
#include "http/test_server.h"

namespace parley::http {
namespace {

const std::string get = "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(Server, GivesTheHandlerTheWholeRequest) {
  TestServer server;
  TestClient client(server.port());
  const auto response = client.ask("POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "POST\n/a/b\nc=d\n127.0.0.1\nhello");
}

TEST(Server, KeepsAConnectionForManyRequests) {
  TestServer server;
  TestClient client(server.port());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.ask(get)) << i;
  EXPECT_EQ(server.server().connections(), 1U);
}

TEST(Server, AnswersOnAConnectionThatHadGoneCold) {
  Limits limits = patient_limits();
  limits.warm_buffers_per_loop = 0;
  TestServer server(limits);
  TestClient client(server.port());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.ask(get)) << i;
}

TEST(Server, AnswersOnAConnectionThatCooledBetweenRequests) {
  Limits limits = patient_limits();
  limits.tick = std::chrono::milliseconds(1);
  TestServer server(limits);
  TestClient client(server.port());
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(client.ask(get)) << i;
    EXPECT_FALSE(client.readable_within(i % 5)) << "no byte comes unasked";
  }
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
  TestServer server;
  TestClient client(server.port());
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  }
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 500; ++i) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << i;
    ASSERT_EQ(response->body, "POST\n/" + std::to_string(i) + "\n\n127.0.0.1\nhi");
  }
}

TEST(Server, AnswersARequestThatComesByteByByte) {
  TestServer server;
  TestClient client(server.port());
  const std::string request =
      "\r\nPOST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
  for (const char& byte : request) client.send({&byte, 1});
  EXPECT_EQ(client.receive()->body, "POST\n/\n\n127.0.0.1\nhi");
  EXPECT_EQ(client.ask(get)->status, 200);
}

TEST(Server, EveryResponseHasItsHeaders) {
  TestServer server;
  TestClient client(server.port());
  const auto response = client.ask("GET / HTTP/1.1\r\nHost: x\r\nRequest-Id: my.own-1\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header("request-id"), "my.own-1");
  EXPECT_EQ(response->header("cache-control"), "no-store");
  EXPECT_EQ(response->header("x-content-type-options"), "nosniff");
  EXPECT_EQ(response->header("content-type"), "text/plain");
  EXPECT_EQ(response->header("date").size(), 29U);
  EXPECT_EQ(response->header("connection"), "(none)");
}

TEST(Server, MakesADifferentRequestIdForEachRequest) {
  TestServer server;
  std::set<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    TestClient client(server.port());
    ids.insert(client.ask(get)->header("request-id"));
    ids.insert(client.ask("GET / HTTP/1.1\r\nHost: x\r\nRequest-Id: a b\r\n\r\n")->header("request-id"));
  }
  EXPECT_EQ(ids.size(), 12U);
}

TEST(Server, AnswersHeadWithTheLengthAndWithoutTheBody) {
  TestServer server;
  TestClient client(server.port());
  client.send("HEAD /large?1000 HTTP/1.1\r\nHost: x\r\n\r\n" + get);
  EXPECT_EQ(client.receive(true)->header("content-length"), "1000");
  EXPECT_EQ(client.receive()->body, "GET\n/a\nb\n127.0.0.1\n");
}

TEST(Server, SendsNoBodyWhereTheStatusHasNone) {
  TestServer server;
  TestClient client(server.port());
  const auto empty = client.ask("GET /no-content HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(empty->status, 204);
  EXPECT_EQ(empty->header("content-length"), "(none)");
  EXPECT_EQ(client.ask(get)->status, 200);
}

TEST(Server, ClosesAfterTheResponseWhereTheClientAsksForIt) {
  TestServer server;
  TestClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + get);
  EXPECT_EQ(client.receive()->header("connection"), "close");
  EXPECT_EQ(client.rest(), "") << "what is pipelined after it is not answered";
}

TEST(Server, ClosesAfterAnHttp10ResponseUnlessAskedToKeepTheConnection) {
  TestServer server;
  TestClient keeping(server.port());
  EXPECT_EQ(keeping.ask("GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")->header("connection"),
            "keep-alive");
  EXPECT_TRUE(keeping.ask(get));
  TestClient client(server.port());
  EXPECT_EQ(client.ask("GET / HTTP/1.0\r\nHost: x\r\n\r\n")->header("connection"), "close");
  EXPECT_EQ(client.rest(), "");
}

TEST(Server, AnswersAClientThatHasEndedItsSide) {
  TestServer server;
  TestClient client(server.port());
  client.send(get);
  client.finish();
  EXPECT_EQ(client.receive()->status, 200);
  EXPECT_EQ(client.rest(), "");
}

TEST(Server, TurnsWhatAHandlerThrowsInto500AndGoesOn) {
  TestServer server;
  TestClient client(server.port());
  EXPECT_EQ(client.ask("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n")->status, 500);
  EXPECT_EQ(client.ask(get)->status, 200);
}

TEST(Server, TurnsAResponseThatWouldSplitInto500) {
  TestServer server;
  TestClient client(server.port());
  const auto response = client.ask("GET /split HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->header("x-b"), "(none)");
  EXPECT_EQ(client.ask(get)->status, 200);
}

TEST(Server, SendsALargeResponseWhole) {
  TestServer server;
  TestClient client(server.port());
  EXPECT_EQ(client.ask("GET /large?20000000 HTTP/1.1\r\nHost: x\r\n\r\n")->body, std::string(20'000'000, 'x'));
  EXPECT_EQ(client.ask(get)->status, 200);
}

TEST(Server, LetsAHandlerFinishWhoseClientIsGone) {
  TestServer server;
  {
    TestClient client(server.port());
    client.reset_on_close();
    client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    server.await_waiting(1);
  }
  server.release = true;
  server.await_connections(0);
  EXPECT_EQ(server.answered, 1);
}

TEST(Server, SpreadsConnectionsOverItsLoops) {
  TestServer server;
  TestClient first(server.port());
  TestClient second(server.port());
  const auto prefix = [](const std::optional<Received>& response) {
    const std::string id = response->header("request-id");
    return id.substr(0, id.find('-'));
  };
  EXPECT_NE(prefix(first.ask(get)), prefix(second.ask(get)));
}

}  // namespace
}  // namespace parley::http
