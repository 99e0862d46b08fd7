// What becomes of transfers under way when their caller, their client or their loop ends.

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <memory>

#include "async/loop.h"
#include "async/run_to_end.h"
#include "upstream/client.h"
#include "upstream/scripted_upstream.h"

namespace parley::upstream {
namespace {

using namespace std::chrono_literals;
namespace asio = async::asio;

const Cue silence{.bytes = "", .then = Cue::Then::hang};

Request post(const std::string& url) {
  Request request;
  request.url = url;
  return request;
}

/// Notes that a frame was left, however.
struct Leaving {
  std::shared_ptr<int> left;
  ~Leaving() { ++*left; }
};

async::Task<void> ask(Client& client, std::string url, std::shared_ptr<int> left) {
  const Leaving leaving{std::move(left)};
  (void)co_await client.send(post(url));
}

void ignore(std::exception_ptr) {}

template <class Condition>
void run_until(asio::io_context& context, Condition condition) {
  while (!condition()) {
    if (context.stopped()) context.restart();
    context.run_one_for(1ms);
  }
}

TEST(ClientLifetime, LoopsThenClientThenContextsEndWithTransfersUnderWay) {
  ScriptedUpstream upstream({silence});
  const auto left = std::make_shared<int>(0);
  {
    async::Loop loop("loop");
    auto client = std::make_unique<Client>(std::vector{&loop.context()});
    for (int i = 0; i < 3; ++i) asio::co_spawn(loop.executor(), ask(*client, upstream.url(), left), ignore);
    upstream.await_requests(3);
    EXPECT_EQ(client->transfers(), 3U);
    loop.stop();
    client.reset();
    upstream.await_open_connections(0);
    EXPECT_EQ(*left, 0);
  }
  EXPECT_EQ(*left, 3);
}

TEST(ClientLifetime, AClosedClientMayOutliveTheContexts) {
  ScriptedUpstream upstream({silence});
  const auto left = std::make_shared<int>(0);
  auto loop = std::make_unique<async::Loop>("loop");
  Client client({&loop->context()});
  asio::co_spawn(loop->executor(), ask(client, upstream.url(), left), ignore);
  upstream.await_requests(1);
  loop->stop();
  client.close();
  loop.reset();
  EXPECT_EQ(*left, 1);
  EXPECT_EQ(client.transfers(), 0U);
}

TEST(ClientLifetime, TransfersThatNeverStartedEndToo) {
  const auto left = std::make_shared<int>(0);
  asio::io_context context{1};
  Client client({&context});
  asio::co_spawn(context, ask(client, "http://localhost:1", left), ignore);
  context.poll();  // the lookup is under way
  client.close();
  context.restart();
  context.poll();  // the frame resumes after the client was closed
  EXPECT_EQ(*left, 1);
}

TEST(ClientLifetime, AClosedClientAbandonsWhatIsSentLater) {
  asio::io_context context{1};
  Client client({&context});
  client.close();
  const Outcome outcome = async::run_to_end(context, client.send(post("http://127.0.0.1:1")));
  EXPECT_EQ(outcome.error().kind, FailureKind::abandoned);
}

TEST(ClientLifetime, ACancelledCallerClosesTheConnectionAtOnce) {
  ScriptedUpstream upstream({silence, {.bytes = http_reply(200, "next")}});
  asio::io_context context{1};
  Client client({&context});
  asio::cancellation_signal signal;
  const auto left = std::make_shared<int>(0);
  asio::co_spawn(context, ask(client, upstream.url(), left), asio::bind_cancellation_slot(signal.slot(), ignore));
  run_until(context, [&] { return !upstream.requests().empty(); });
  signal.emit(asio::cancellation_type::terminal);
  run_until(context, [&] { return *left == 1; });
  upstream.await_open_connections(0);
  EXPECT_EQ(async::run_to_end(context, client.send(post(upstream.url()))).value().body, "next");
}

async::Task<void> ask_though_cancelled(Client& client, std::string url, asio::cancellation_signal& signal,
                                       std::shared_ptr<int> left) {
  const Leaving leaving{std::move(left)};
  signal.emit(asio::cancellation_type::terminal);
  try {
    (void)co_await client.send(post(url));
  } catch (const boost::system::system_error&) {  // how Asio ends a wait that begins cancelled
  }
  co_await asio::this_coro::reset_cancellation_state();
}

TEST(ClientLifetime, ACallerCancelledBeforeItWaitsLeavesNothingBehind) {
  ScriptedUpstream upstream({{.bytes = http_reply(200, "next")}});
  asio::io_context context{1};
  Client client({&context});
  asio::cancellation_signal signal;
  const auto left = std::make_shared<int>(0);
  asio::co_spawn(context, ask_though_cancelled(client, upstream.url(), signal, left),
                 asio::bind_cancellation_slot(signal.slot(), ignore));
  run_until(context, [&] { return *left == 1; });
  EXPECT_EQ(client.transfers(), 0U);
  client.close();  // visits every transfer it knows of
}

TEST(ClientLifetime, TooManyTransfersAtOnceAreRefusedUntilOneEnds) {
  ScriptedUpstream upstream({silence, {.bytes = http_reply(200, "ok")}});
  asio::io_context context{1};
  Client client({&context}, {.transfers_max = 1, .connections_per_loop_max = 1});
  asio::cancellation_signal signal;
  const auto left = std::make_shared<int>(0);
  asio::co_spawn(context, ask(client, upstream.url(), left), asio::bind_cancellation_slot(signal.slot(), ignore));
  run_until(context, [&] { return !upstream.requests().empty(); });
  const Outcome refused = async::run_to_end(context, client.send(post(upstream.url())));
  EXPECT_EQ(refused.error().kind, FailureKind::overloaded);
  signal.emit(asio::cancellation_type::terminal);
  run_until(context, [&] { return *left == 1; });
  EXPECT_TRUE(async::run_to_end(context, client.send(post(upstream.url()))).has_value());
  EXPECT_EQ(upstream.requests().size(), 2U);
}

}  // namespace
}  // namespace parley::upstream
