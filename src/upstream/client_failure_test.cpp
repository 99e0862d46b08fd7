// How exchanges fail: every way an upstream can misbehave has one kind of failure, in time, and leaves the client
// usable.

#include <gtest/gtest.h>

#include "async/run_to_end.h"
#include "upstream/client.h"
#include "upstream/scripted_upstream.h"

namespace parley::upstream {
namespace {

using namespace std::chrono_literals;
namespace asio = async::asio;
using Then = Cue::Then;

Request post(const std::string& url) {
  Request request;
  request.url = url;
  request.headers = {"Authorization: Bearer secret-key"};
  request.body = "secret message";
  return request;
}

struct Fixture {
  asio::io_context context{1};
  asio::executor_work_guard<async::Executor> work{context.get_executor()};
  Client client{{&context}};

  Outcome send(Request request) { return async::run_to_end(context, client.send(std::move(request))); }

  /// The failure that `cue` leads to, or nothing; its detail holds no secret.
  std::optional<FailureKind> failure(const Cue& cue, const Limits& limits = {}) {
    ScriptedUpstream upstream({cue});
    Request request = post(upstream.url());
    request.limits = limits;
    const Outcome outcome = send(request);
    if (outcome.has_value()) return std::nullopt;
    EXPECT_EQ(outcome.error().detail.find("secret"), std::string::npos) << outcome.error().detail;
    EXPECT_FALSE(outcome.error().detail.empty());
    return outcome.error().kind;
  }
};

TEST(ClientFailure, NobodyListens) {
  RefusingPort refusing;
  EXPECT_EQ(Fixture().send(post(refusing.url())).error().kind, FailureKind::unreachable);
}

TEST(ClientFailure, NoSuchName) {
  EXPECT_EQ(Fixture().send(post("http://no-such-host.invalid/")).error().kind, FailureKind::unreachable);
}

TEST(ClientFailure, NoTlsWhereTlsIsAskedFor) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "plain")}});
  Request request = post("https://127.0.0.1:" + std::to_string(upstream.port()));
  request.limits.connect = 300ms;
  const auto kind = Fixture().send(request).error().kind;
  EXPECT_TRUE(kind == FailureKind::unreachable || kind == FailureKind::connect_timeout);
  EXPECT_TRUE(upstream.requests().empty());
}

TEST(ClientFailure, OtherProtocolsAndPasswordsInTheUrlAreNotSpoken) {
  Fixture f;
  EXPECT_EQ(f.send(post("file:///etc/hostname")).error().kind, FailureKind::unreachable);
  EXPECT_EQ(f.send(post("http://user:password@127.0.0.1:1/")).error().kind, FailureKind::unreachable);
}

TEST(ClientFailure, AControlCharacterIsNeverSent) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "")}});
  Request request = post(upstream.url());
  request.headers.emplace_back("X: 1\r\nY: 2");
  EXPECT_EQ(Fixture().send(request).error().kind, FailureKind::unsendable);
  EXPECT_EQ(upstream.connections(), 0);
}

TEST(ClientFailure, TheConnectionEndsWithoutAnAnswer) {
  Fixture f;
  EXPECT_EQ(f.failure({.bytes = "", .then = Then::close}), FailureKind::unanswered);
  EXPECT_EQ(f.failure({.bytes = "", .then = Then::reset}), FailureKind::unanswered);
}

TEST(ClientFailure, ARequestIsNotSentAgainWhenAKeptConnectionEnds) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "ok")}, {.bytes = "", .then = Then::close}});
  Fixture f;
  ASSERT_TRUE(f.send(post(upstream.url())).has_value());
  EXPECT_EQ(f.send(post(upstream.url())).error().kind, FailureKind::unanswered);
  EXPECT_EQ(upstream.requests().size(), 2U);
}

TEST(ClientFailure, AKeptConnectionThatEndedWhileIdleIsReplaced) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "ok"), .then = Then::close}, {.bytes = http_reply(200, "two")}});
  Fixture f;
  ASSERT_TRUE(f.send(post(upstream.url())).has_value());
  upstream.await_open_connections(0);
  EXPECT_EQ(f.send(post(upstream.url())).value().body, "two");
  EXPECT_EQ(upstream.connections(), 2);
}

TEST(ClientFailure, AReplyCutAtAnyByteIsNeverTakenForAWholeOne) {
  Fixture f;
  const std::string whole = http_reply(200, R"({"a":1})", "Retry-After: 3\r\n");
  for (std::size_t sent = 0; sent < whole.size(); ++sent) {
    const auto kind = f.failure({.bytes = whole.substr(0, sent), .then = sent % 2 == 0 ? Then::close : Then::reset});
    EXPECT_TRUE(kind == FailureKind::unanswered || kind == FailureKind::broken_reply) << "after byte " << sent;
    // A reset may overtake what was sent before it.
    if (sent > whole.find("\r\n") + 2 && sent % 2 == 0) {
      EXPECT_EQ(kind, FailureKind::broken_reply) << "after byte " << sent;
    }
  }
}

TEST(ClientFailure, AChunkedReplyCutAtAnyByteIsNeverTakenForAWholeOne) {
  Fixture f;
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n";
  for (std::size_t sent = whole.find("\r\n\r\n"); sent < whole.size(); ++sent) {
    EXPECT_EQ(f.failure({.bytes = whole.substr(0, sent), .then = Then::close}), FailureKind::broken_reply) << sent;
  }
}

TEST(ClientFailure, Garbage) {
  Fixture f;
  EXPECT_EQ(f.failure({.bytes = "\x16\x03\x01 no HTTP at all\r\n\r\n", .then = Then::close}),
            FailureKind::broken_reply);
  EXPECT_EQ(f.failure({.bytes = std::string(300, '\0'), .then = Then::close}), FailureKind::broken_reply);
  EXPECT_EQ(f.failure({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n{}", .then = Then::close}),
            FailureKind::broken_reply);
  EXPECT_EQ(f.failure({.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", .then = Then::close}),
            FailureKind::broken_reply);
}

TEST(ClientFailure, OversizeBodies) {
  Fixture f;
  Limits limits;
  limits.reply_bytes_max = 1000;
  EXPECT_EQ(f.failure({.bytes = http_reply(200, std::string(1000, 'x'))}, limits), std::nullopt);
  EXPECT_EQ(f.failure({.bytes = http_reply(200, std::string(1001, 'x'))}, limits), FailureKind::oversize_reply);
  EXPECT_EQ(f.failure({.bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(9000, 'x'), .then = Then::hang}, limits),
            FailureKind::oversize_reply);
}

TEST(ClientFailure, OversizeHeadersAndEndlessInterimReplies) {
  Fixture f;
  Limits limits;
  limits.reply_header_bytes_max = 2000;
  EXPECT_EQ(f.failure({.bytes = http_reply(200, "x", "X: " + std::string(1000, 'x') + "\r\n")}, limits), std::nullopt);
  EXPECT_EQ(f.failure({.bytes = http_reply(200, "x", "X: " + std::string(2000, 'x') + "\r\n")}, limits),
            FailureKind::oversize_reply);
  std::string endless;
  for (int i = 0; i < 200; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(f.failure({.bytes = endless, .then = Then::hang}, limits), FailureKind::oversize_reply);
}

TEST(ClientFailure, NoFirstByteInTime) {
  Limits limits;
  limits.connect = 30s;
  limits.first_byte = 30ms;
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(Fixture().failure({.bytes = "", .then = Then::hang}, limits), FailureKind::reply_timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 10s);  // the limit to connect, longer, no longer matters
}

TEST(ClientFailure, TheReplyStallsBetweenBytes) {
  Limits limits;
  limits.between_bytes = 30ms;
  Fixture f;
  EXPECT_EQ(f.failure({.bytes = "HTTP/1.1 200 OK\r\nX: y\r\n", .then = Then::hang}, limits),
            FailureKind::reply_timeout);
  EXPECT_EQ(f.failure({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .then = Then::hang}, limits),
            FailureKind::reply_timeout);
}

TEST(ClientFailure, ASlowDripOutlastsEveryPauseButNotTheWhole) {
  Limits limits;
  limits.first_byte = 2s;
  limits.between_bytes = 2s;
  limits.whole = 300ms;
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(Fixture().failure({.bytes = http_reply(200, std::string(400, 'x')), .before_each_byte = 5ms}, limits),
            FailureKind::out_of_time);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 2s);
}

TEST(ClientFailure, BytesThatKeepComingKeepTheReplyAlive) {
  Limits limits;
  limits.between_bytes = 1s;
  const std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 120\r\n\r\n" + std::string(120, 'x');
  EXPECT_EQ(Fixture().failure({.bytes = reply, .before_each_byte = 8ms}, limits), std::nullopt);
}

TEST(ClientFailure, AFailedTransferLeavesItsConnectionBehind) {
  ScriptedUpstream upstream({{.bytes = "", .then = Then::hang}, {.bytes = http_reply(200, "fresh")}});
  Fixture f;
  Request request = post(upstream.url());
  request.limits.first_byte = 20ms;
  EXPECT_EQ(f.send(request).error().kind, FailureKind::reply_timeout);
  upstream.await_requests(1);
  upstream.await_open_connections(0);
  EXPECT_EQ(f.send(post(upstream.url())).value().body, "fresh");
  EXPECT_EQ(upstream.connections(), 2);
}

}  // namespace
}  // namespace parley::upstream
