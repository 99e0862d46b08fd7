#include "upstream/client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <latch>
#include <memory>

#include "async/loop.h"
#include "async/run_to_end.h"
#include "upstream/scripted_upstream.h"

namespace parley::upstream {
namespace {

using namespace std::chrono_literals;
namespace asio = async::asio;

struct Fixture {
  asio::io_context context{1};
  asio::executor_work_guard<async::Executor> work{context.get_executor()};
  Client client{{&context}};

  Outcome send(Request request) { return async::run_to_end(context, client.send(std::move(request))); }
};

Request post(const std::string& url, std::string body = "{}") {
  Request request;
  request.url = url;
  request.headers = {"Content-Type: application/json"};
  request.body = std::move(body);
  return request;
}

TEST(Client, SendsTheRequestAsItIsAndReturnsTheReply) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "hello")}});
  Fixture f;
  Request request = post(upstream.url() + "/v1/x", "some body");
  request.headers.emplace_back("Authorization: Bearer k");
  const Outcome outcome = f.send(request);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().detail;
  EXPECT_EQ(outcome->status, 200);
  EXPECT_EQ(outcome->body, "hello");
  EXPECT_FALSE(outcome->retry_after.has_value());
  const std::string sent = upstream.requests().at(0);
  EXPECT_TRUE(sent.starts_with("POST /v1/x HTTP/1.1\r\n")) << sent;
  EXPECT_NE(sent.find("Authorization: Bearer k\r\n"), std::string::npos);
  EXPECT_NE(sent.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(sent.find("Expect"), std::string::npos);
  EXPECT_TRUE(sent.ends_with("\r\n\r\nsome body"));
}

TEST(Client, SendsALargeBodyWithoutWaitingForContinue) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "ok")}});
  Fixture f;
  const std::string body(3 << 20, 'x');
  const Outcome outcome = f.send(post(upstream.url(), body));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().detail;
  EXPECT_TRUE(upstream.requests().at(0).ends_with(body));
}

TEST(Client, UsesOneConnectionForRequestsInTurn) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "a")}, {.bytes = http_reply(500, "b")}});
  Fixture f;
  EXPECT_EQ(f.send(post(upstream.url())).value().body, "a");
  EXPECT_EQ(f.send(post(upstream.url())).value().status, 500);
  EXPECT_EQ(f.send(post(upstream.url())).value().status, 500);
  EXPECT_EQ(upstream.requests().size(), 3U);
  EXPECT_EQ(upstream.connections(), 1);
}

TEST(Client, AHandleUsedBeforeKeepsNothingOfItsLastRequest) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "a")}});
  Fixture f;
  Request first = post(upstream.url() + "/first", "long body of the first");
  first.method = "PUT";
  first.headers.emplace_back("X-First: 1");
  ASSERT_TRUE(f.send(first).has_value());
  Request second;
  second.method = "GET";
  second.url = upstream.url() + "/second";
  ASSERT_TRUE(f.send(second).has_value());
  ASSERT_TRUE(f.send(post(upstream.url() + "/third", "3")).has_value());
  EXPECT_TRUE(upstream.requests().at(0).starts_with("PUT /first "));
  const std::string get = upstream.requests().at(1);
  EXPECT_TRUE(get.starts_with("GET /second "));
  EXPECT_EQ(get.find("X-First"), std::string::npos);
  EXPECT_EQ(get.find("body"), std::string::npos);
  EXPECT_TRUE(upstream.requests().at(2).starts_with("POST /third "));
  EXPECT_TRUE(upstream.requests().at(2).ends_with("\r\n\r\n3"));
}

TEST(Client, TalksOverAUnixSocket) {
  const std::string path = "/tmp/parley-upstream-" + std::to_string(::getpid()) + ".sock";
  ::unlink(path.c_str());
  ScriptedUpstream upstream({{.bytes = http_reply(200, "local")}}, path);
  Fixture f;
  Request request = post("http://localhost/v1");
  request.unix_socket = path;
  const Outcome outcome = f.send(request);
  ::unlink(path.c_str());
  ASSERT_TRUE(outcome.has_value()) << outcome.error().detail;
  EXPECT_EQ(outcome->body, "local");
}

TEST(Client, LooksNamesUpAndTriesEveryAddress) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "found")}});
  Fixture f;
  const Outcome outcome = f.send(post("http://localhost:" + std::to_string(upstream.port())));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().detail;
  EXPECT_EQ(outcome->body, "found");
}

TEST(Client, DoesNotFollowARedirect) {
  ScriptedUpstream elsewhere({{.bytes = http_reply(200, "elsewhere")}});
  ScriptedUpstream upstream({{.bytes = http_reply(307, "", "Location: " + elsewhere.url() + "\r\n")}});
  Fixture f;
  EXPECT_EQ(f.send(post(upstream.url())).value().status, 307);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST(Client, TakesNoProxyFromTheEnvironment) {
  ScriptedUpstream proxy({{.bytes = http_reply(200, "proxied")}});
  ScriptedUpstream upstream({{.bytes = http_reply(200, "direct")}});
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("ALL_PROXY", proxy.url().c_str(), 1);
  Fixture f;
  const Outcome outcome = f.send(post(upstream.url()));
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->body, "direct");
}

TEST(Client, ReadsRetryAfterAsSecondsOrAsADate) {
  const auto asked = [](const std::string& headers) {
    ScriptedUpstream upstream({{.bytes = http_reply(429, "", headers)}});
    Fixture f;
    return f.send(post(upstream.url())).value().retry_after;
  };
  EXPECT_EQ(asked("Retry-After: 7\r\n"), 7s);
  EXPECT_EQ(asked("retry-after:  0\r\n"), std::nullopt);
  EXPECT_EQ(asked("Retry-After: -5\r\n"), std::nullopt);
  EXPECT_EQ(asked("Retry-After: soon\r\n"), std::nullopt);
  EXPECT_EQ(asked("Retry-After: 99999999999999999999999999\r\n").value_or(retry_after_max), retry_after_max);
  EXPECT_EQ(asked("Retry-After: 86400\r\n"), retry_after_max);
  EXPECT_EQ(asked("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n"), std::nullopt);
  EXPECT_EQ(asked("Retry-After: Fri, 31 Dec 2099 23:59:59 GMT\r\n"), retry_after_max);
}

TEST(Client, SkipsInterimReplies) {
  ScriptedUpstream upstream({{.bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                                       http_reply(200, "at last")}});
  Fixture f;
  EXPECT_EQ(f.send(post(upstream.url())).value().body, "at last");
}

TEST(Client, ReadsAChunkedReply) {
  ScriptedUpstream upstream(
      {{.bytes =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"}});
  Fixture f;
  EXPECT_EQ(f.send(post(upstream.url())).value().body, "abcde");
}

TEST(Client, ATransferStaysOnTheLoopThatAskedForIt) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "ok")}});
  async::Loop first("first");
  async::Loop second("second");
  Client client({&first.context(), &second.context()});
  constexpr int per_loop = 40;
  std::latch done(2 * per_loop);
  std::atomic<int> answered_at_home{0};
  for (async::Loop* loop : {&first, &second}) {
    for (int i = 0; i < per_loop; ++i) {
      asio::co_spawn(loop->executor(), client.send(post(upstream.url())),
                     [&, loop](std::exception_ptr, const Outcome& outcome) {
                       const bool home = loop->executor().running_in_this_thread();
                       if (home && outcome.has_value() && outcome->body == "ok") ++answered_at_home;
                       done.count_down();
                     });
    }
  }
  done.wait();
  EXPECT_EQ(answered_at_home, 2 * per_loop);
  first.stop();
  second.stop();
}

}  // namespace
}  // namespace parley::upstream
