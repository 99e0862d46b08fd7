// Clients that are slow, or do nothing.

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

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
    TestClient client(server.port());
    EXPECT_EQ(client.ask(get)->status, 200);
    EXPECT_EQ(client.rest(), "");
    EXPECT_EQ(silent.rest(), "");
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
  limits.header_deadline = limits.body_deadline = limits.idle_deadline = limits.write_stall = milliseconds(1);
  limits.tick = milliseconds(1);
  TestServer server(limits);
  TestClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  server.await_waiting(1);
  EXPECT_FALSE(client.readable_within(30));
  server.release = true;
  EXPECT_EQ(client.receive()->status, 200);
}

TEST(ServerDeadline, OfAWriteThatStallsClosesTheConnection) {
  Limits limits = patient_limits();
  limits.write_stall = milliseconds(30);
  TestServer server(limits);
  TestClient client(server.port());
  client.send("GET /large?50000000 HTTP/1.1\r\nHost: x\r\n\r\n");
  server.await_connections(1);
  server.await_connections(0);
  EXPECT_FALSE(client.receive()) << "it was cut off";
}

TEST(ServerDeadline, OfAWriteIsPutOffByWhateverTheClientTakes) {
  Limits limits = patient_limits();
  limits.write_stall = milliseconds(200);
  TestServer server(limits);
  TestClient client(server.port());
  client.send("GET /large?20000000 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive()->body.size(), 20'000'000U);
}

}  // namespace
}  // namespace parley::http
