// Bodies: how they are framed, how much of them is taken, and when they are asked for.

#include <gtest/gtest.h>

#include "http/server.h"
#include "http/test_client.h"
#include "http/test_server.h"

namespace parley::http {
namespace {

const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(const std::string& headers, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}

std::string chunked(const std::string& body, std::size_t chunk_bytes) {
  std::string encoded;
  for (std::size_t begin = 0; begin < body.size(); begin += chunk_bytes) {
    const std::string chunk = body.substr(begin, chunk_bytes);
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
    encoded += size.data() + chunk + "\r\n";
  }
  return encoded + "0\r\n\r\n";
}

TEST(ServerBody, IsTakenWhereverTheRequestIsCut) {
  TestServer server;
  TestClient client(server.port());
  const std::string sized = post("Content-Length: 5\r\n", "hello") + get;
  const std::string in_chunks = post("Transfer-Encoding: chunked\r\n", chunked("hello", 2)) + get;
  for (const std::string& bytes : {sized, in_chunks}) {
    for (std::size_t split = 1; split < bytes.size(); ++split) {
      client.send(bytes.substr(0, split));
      client.send(bytes.substr(split));
      ASSERT_EQ(client.receive()->body, "POST\n/\n\n127.0.0.1\nhello") << split;
      ASSERT_EQ(client.receive()->body, "GET\n/a\n\n127.0.0.1\n") << split;
    }
  }
}

TEST(ServerBody, OfAnyMethodIsFramed) {
  TestServer server;
  TestClient client(server.port());
  client.send("GET /b HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(get.size()) + "\r\n\r\n" + get + get);
  EXPECT_EQ(client.receive()->body, "GET\n/b\n\n127.0.0.1\n" + get);
  EXPECT_EQ(client.receive()->body, "GET\n/a\n\n127.0.0.1\n");
}

TEST(ServerBody, MayBeEmptyOrMissing) {
  TestServer server;
  TestClient client(server.port());
  for (const char* headers : {"", "Content-Length: 0\r\n", "Content-Length: 0\r\nExpect: 100-continue\r\n"}) {
    EXPECT_EQ(client.ask(post(headers))->body, "POST\n/\n\n127.0.0.1\n") << headers;
  }
}

TEST(ServerBody, MayBeAsLargeAsItsLimitAndNoByteLarger) {
  Limits limits = patient_limits();
  limits.body_bytes_max = 300'000;
  TestServer server(limits);
  std::string body;
  while (body.size() < 300'000) body += static_cast<char>('a' + body.size() % 26);
  TestClient client(server.port());
  EXPECT_EQ(client.ask(post("Content-Length: 300000\r\n", body))->body, "POST\n/\n\n127.0.0.1\n" + body);
  EXPECT_EQ(client.ask(post("Transfer-Encoding: chunked\r\n", chunked(body, 7777)))->body,
            "POST\n/\n\n127.0.0.1\n" + body);
  EXPECT_EQ(client.ask(post("Content-Length: 300001\r\n"))->status, 413) << "before any of it has come";
  TestClient other(server.port());
  const std::string all_but_the_end = chunked(body, 7777).substr(0, chunked(body, 7777).size() - 5);
  EXPECT_EQ(other.ask(post("Transfer-Encoding: chunked\r\n", all_but_the_end + "1\r\n"))->status, 413);
}

TEST(ServerBody, TrailersAreThrownAway) {
  TestServer server;
  TestClient client(server.port());
  const std::string request = post("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\nRequest-Id: smuggled\r\n\r\n");
  const auto response = client.ask(request);
  EXPECT_EQ(response->body, "POST\n/\n\n127.0.0.1\nhi");
  EXPECT_NE(response->header("request-id"), "smuggled");
}

TEST(ServerBody, IsInvitedWhereTheClientWaitsForThat) {
  TestServer server;
  TestClient client(server.port());
  for (const std::string& framing :
       {std::string("Content-Length: 2\r\n"), std::string("Transfer-Encoding: chunked\r\n")}) {
    EXPECT_EQ(client.ask(post(framing + "Expect: 100-continue\r\n"))->status, 100);
    const bool sized = framing.starts_with("Content");
    EXPECT_EQ(client.ask(sized ? "hi" : chunked("hi", 1))->body, "POST\n/\n\n127.0.0.1\nhi");
  }
}

TEST(ServerBody, IsNotInvitedWhereItIsThereAlreadyOrNotWanted) {
  TestServer server;
  TestClient client(server.port());
  EXPECT_EQ(client.ask(post("Content-Length: 2\r\nExpect: 100-continue\r\n", "hi"))->status, 200);
  EXPECT_EQ(client.ask(post("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", chunked("hi", 1)))->status, 200);
  EXPECT_EQ(client
                .ask("POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
                     "Connection: keep-alive\r\n\r\nhi")
                ->status,
            200);
  EXPECT_EQ(client.ask(post("Content-Length: 9999999\r\nExpect: 100-continue\r\n"))->status, 413);
}

TEST(ServerBody, IsRefusedWhereAllTogetherAreTooMuch) {
  Limits limits = patient_limits();
  limits.buffered_body_bytes_max = 100'000;
  TestServer server(limits);
  const std::string large = post("Content-Length: 90000\r\n", std::string(80'000, 'x'));
  TestClient first(server.port());
  first.send(large);
  first.send(std::string(9'999, 'x'));

  // The first one's share can only be seen in what happens to others.
  int status = 0;
  for (int tries = 0; tries < 1'000 && status != 503; ++tries) {
    TestClient second(server.port());
    second.send(large + std::string(10'000, 'x'));
    status = second.receive()->status;
  }
  EXPECT_EQ(status, 503);
  first.send("x");
  EXPECT_EQ(first.receive()->status, 200);

  TestClient third(server.port());
  EXPECT_EQ(third.ask(large + std::string(10'000, 'x'))->status, 200) << "the share was given back";
}

TEST(ServerBody, ThatEndsTooEarlyIsNotAnswered) {
  TestServer server;
  TestClient client(server.port());
  client.send(post("Content-Length: 5\r\n", "hell"));
  client.finish();
  EXPECT_EQ(client.rest(), "");
  EXPECT_EQ(server.answered, 0);
}

}  // namespace
}  // namespace parley::http
