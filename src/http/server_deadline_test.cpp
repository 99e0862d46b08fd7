// Clients that are slow, or do nothing.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "http/server.h"
#include "http/test_client.h"
#include "http/test_server.h"

namespace parley::http {
namespace {

using std::chrono::milliseconds;

const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ServerDeadline, OfAHeaderBlockIs408) {
  Limits limits = patient_limits();
  limits.header_deadline = milliseconds(30);
  TestServer server(limits);
  TestClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHo");
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_EQ(client.rest(), "");
}

TEST(ServerDeadline, OfAHeaderBlockIsNotPutOffByOneByteAtATime) {
  Limits limits = patient_limits();
  limits.header_deadline = milliseconds(50);
  TestServer server(limits);
  TestClient client(server.port());
  client.send("GET /");
  while (!client.readable_within(1)) ASSERT_TRUE(client.send("a"));
  EXPECT_EQ(client.receive()->status, 408);
}

TEST(ServerDeadline, OfABodyIs408) {
  Limits limits = patient_limits();
  limits.body_deadline = milliseconds(30);
  TestServer server(limits);
  for (const char* framing : {"Content-Length: 5\r\n\r\nhell", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"}) {
    TestClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\n" + std::string(framing));
    EXPECT_EQ(client.receive()->status, 408) << framing;
    EXPECT_EQ(client.rest(), "");
  }
}

TEST(ServerDeadline, OfAnIdleConnectionClosesItWithoutAWord) {
  for (const std::size_t warm_buffers : {0U, 10U}) {
    Limits limits = patient_limits();
    limits.idle_deadline = milliseconds(30);
    limits.warm_buffers_per_loop = warm_buffers;
    TestServer server(limits);
    TestClient silent(server.port());
    EXPECT_EQ(silent.rest(), "");
    for (bool answered = false; !answered;) {  // a machine that is busy enough may let the client come too late
      TestClient client(server.port());
      answered = client.ask(get).has_value();
      EXPECT_EQ(client.rest(), "");
    }
    server.await_connections(0);
  }
}

TEST(ServerDeadline, NeverComesEarly) {
  Limits limits = patient_limits();
  limits.idle_deadline = milliseconds(60);
  TestServer server(limits);
  const auto begin = std::chrono::steady_clock::now();
  TestClient client(server.port());
  EXPECT_EQ(client.rest(), "");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(60));
}

TEST(ServerDeadline, DoesNotEndAHandler) {
  Limits limits = patient_limits();
  limits.idle_deadline = milliseconds(30);
  TestServer server(limits);
  std::unique_ptr<TestClient> client;
  while (server.waiting == 0) {  // a machine that is busy enough may let the client come too late
    client = std::make_unique<TestClient>(server.port());
    client->send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    await([&] { return server.waiting == 1 || client->readable_within(0); });
  }
  EXPECT_FALSE(client->readable_within(100));
  server.release = true;
  EXPECT_EQ(client->receive()->status, 200);
}

TEST(ServerDeadline, OfAWriteThatStallsClosesTheConnection) {
  Limits limits = patient_limits();
  limits.write_stall = milliseconds(30);
  TestServer server(limits);
  TestClient client(server.port());
  client.send("GET /large?20000000 HTTP/1.1\r\nHost: x\r\n\r\n");
  await([&] { return server.answered == 1; });
  server.await_connections(0);
  EXPECT_FALSE(client.receive()) << "it was cut off";
}

}  // namespace
}  // namespace parley::http
