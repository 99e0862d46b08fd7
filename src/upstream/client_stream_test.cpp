// Replies whose body goes to a sink as it comes.

#include <gtest/gtest.h>

#include "async/run_to_end.h"
#include "upstream/client.h"
#include "upstream/scripted_upstream.h"

namespace parley::upstream {
namespace {

using namespace std::chrono_literals;
using Then = Cue::Then;

class Listener final : public BodySink {
 public:
  void opened() override { ++opens; }
  Taken take(std::string_view bytes) override {
    body += bytes;
    if (body.find("ENOUGH") != std::string::npos) return Taken::enough;
    if (body.find("REFUSE") != std::string::npos) return Taken::refuse;
    if (body.find("THROW") != std::string::npos) throw std::bad_alloc();
    return Taken::more;
  }

  int opens = 0;
  std::string body;
};

struct Streamed {
  explicit Streamed(Cue cue, Limits limits = {}) : upstream({std::move(cue)}) {
    Request request;
    request.url = upstream.url();
    request.limits = limits;
    outcome = async::run_to_end(context, client.send(std::move(request), &listener));
  }

  async::asio::io_context context{1};
  async::asio::executor_work_guard<async::Executor> work{context.get_executor()};
  Client client{{&context}};
  ScriptedUpstream upstream;
  Listener listener;
  std::optional<Outcome> outcome;
};

std::string chunked(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

TEST(ClientStream, GivesTheBodyToTheSinkAsItComes) {
  const Streamed exchange({.bytes = chunked("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")});
  ASSERT_TRUE(exchange.outcome->has_value()) << exchange.outcome->error().detail;
  EXPECT_EQ(exchange.listener.opens, 1);
  EXPECT_EQ(exchange.listener.body, "hello!");
  EXPECT_EQ((*exchange.outcome)->body, "");
}

TEST(ClientStream, OpensOnceWhateverInterimRepliesAndTrailersCome) {
  const Streamed exchange(
      {.bytes = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + chunked("1\r\na\r\n0\r\nX-Trailer: 1\r\n\r\n")});
  ASSERT_TRUE(exchange.outcome->has_value()) << exchange.outcome->error().detail;
  EXPECT_EQ(exchange.listener.opens, 1);
}

TEST(ClientStream, KeepsTheBodyOfAnyOtherStatusForTheOutcome) {
  const Streamed exchange({.bytes = http_reply(429, "slow down", "Retry-After: 3\r\n")});
  EXPECT_EQ(exchange.listener.opens, 0);
  EXPECT_EQ((*exchange.outcome)->status, 429);
  EXPECT_EQ((*exchange.outcome)->body, "slow down");
  EXPECT_EQ((*exchange.outcome)->retry_after, 3s);
}

TEST(ClientStream, EndsWellWhereTheSinkHasEnoughHoweverTheServerGoesOn) {
  for (const Then then : {Then::close, Then::reset, Then::hang}) {
    const auto begin = std::chrono::steady_clock::now();
    const Streamed exchange({.bytes = chunked("6\r\nENOUGH\r\n"), .then = then});
    ASSERT_TRUE(exchange.outcome->has_value()) << exchange.outcome->error().detail;
    EXPECT_EQ((*exchange.outcome)->status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  }
}

TEST(ClientStream, EndsBadlyWhereTheSinkRefusesOrThrows) {
  EXPECT_EQ(Streamed({.bytes = chunked("6\r\nREFUSE\r\n0\r\n\r\n")}).outcome->error().kind, FailureKind::broken_reply);
  EXPECT_EQ(Streamed({.bytes = chunked("5\r\nTHROW\r\n0\r\n\r\n")}).outcome->error().kind, FailureKind::broken_reply);
}

TEST(ClientStream, EndsBadlyWhereTheServerCutsItOff) {
  for (const Then then : {Then::close, Then::reset}) {
    const Streamed exchange({.bytes = chunked("5\r\nhello\r\n"), .then = then});
    EXPECT_EQ(exchange.outcome->error().kind, FailureKind::broken_reply);
    EXPECT_EQ(exchange.listener.body, "hello");
  }
}

TEST(ClientStream, TellsAServerThatStallsFromOneThatTakesTooLongInAll) {
  Limits stalls;
  stalls.between_bytes = 50ms;
  EXPECT_EQ(Streamed({.bytes = chunked("1\r\na\r\n"), .then = Then::hang}, stalls).outcome->error().kind,
            FailureKind::reply_timeout);
  Limits whole;
  whole.whole = 100ms;
  EXPECT_EQ(Streamed({.bytes = chunked("1\r\na\r\n"), .then = Then::hang}, whole).outcome->error().kind,
            FailureKind::out_of_time);
}

TEST(ClientStream, HasTheSameLimitOfSize) {
  Limits limits;
  limits.reply_bytes_max = 10;
  EXPECT_EQ(Streamed({.bytes = chunked("b\r\nhello world\r\n0\r\n\r\n")}, limits).outcome->error().kind,
            FailureKind::oversize_reply);
}

}  // namespace
}  // namespace parley::upstream
