#include "chat/turns.h"

#include <gtest/gtest.h>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "chat/chat_fixture.h"

namespace parley::chat {
namespace {

/// Answers what the test told it to, and counts.
class ScriptedEngine final : public engines::Engine {
 public:
  std::string_view name() const noexcept override { return "scripted"; }
  std::string_view model() const noexcept override { return "scripted"; }
  async::Task<base::Result<engines::Reply>> generate(engines::Prompt prompt, engines::ReplyListener*) override {
    ++calls;
    if (on_call) on_call();
    last_message = prompt.messages.back().text;
    co_return answer;
  }

  base::Result<engines::Reply> answer = engines::Reply{.text = "fine"};
  std::function<void()> on_call;
  std::string last_message;
  int calls = 0;
};

class Turn : public ChatFixture {
 protected:
  base::Result<TurnOutcome> take_turn(std::string message = "hello") {
    TurnRequest request{.credential = credential_, .message = std::move(message)};
    return run(turns_.run(std::move(request)));
  }

  ScriptedEngine engine_;
  Turns turns_{*store_, engine_, clock_, metrics_, {&context_}, {.price = {.per_turn = 100_tokens}}};
};

TEST_F(Turn, IsChargedOnceAndAnsweredWithWhatTheEngineSaid) {
  const auto reply = std::get<TurnReply>(take_turn("how are you?").value());
  EXPECT_EQ(reply.response, "fine");
  EXPECT_EQ(reply.charge, 100_tokens);
  EXPECT_EQ(reply.available, 150_tokens);
  EXPECT_EQ(engine_.last_message, "how are you?");
  expect_no_open_hold();
}

TEST_F(Turn, HoldsItsPriceWhileTheEngineWorks) {
  store::HoldCounts during;
  engine_.on_call = [&] { during = store_->hold_counts(); };
  take_turn().value();
  EXPECT_EQ(during.open, 1);
}

TEST_F(Turn, NeverCallsTheEngineWithoutAHold) {
  take_turn().value();
  take_turn().value();
  const auto refused = take_turn().value();
  EXPECT_EQ(std::get<store::Shortfall>(refused).balance.available(), 50_tokens);
  EXPECT_FALSE(std::get<store::Shortfall>(refused).only_held());
  EXPECT_EQ(engine_.calls, 2);
}

TEST_F(Turn, ThatTheEngineFailsCostsNothing) {
  engine_.answer =
      base::Error{.code = base::ErrorCode::engine_timeout, .message = "The AI took too long.", .detail = ""};
  EXPECT_EQ(take_turn().error().code, base::ErrorCode::engine_timeout);
  EXPECT_EQ(balance().posted, 250_tokens);
  expect_no_open_hold();
}

TEST_F(Turn, WithAnEmptyAnswerCostsNothing) {
  engine_.answer = engines::Reply{.says_something = false};
  EXPECT_EQ(take_turn().error().code, base::ErrorCode::engine_failed);
  EXPECT_EQ(balance().posted, 250_tokens);
  expect_no_open_hold();
}

TEST_F(Turn, WithAnUnknownTokenNeverReachesTheEngine) {
  credential_.digest = crypto::digest_of("guess");
  EXPECT_EQ(take_turn().error().code, base::ErrorCode::unauthenticated);
  EXPECT_EQ(engine_.calls, 0);
}

async::Task<> abandoned(Turns& turns, TurnRequest request) {
  co_await turns.run(std::move(request));
}

TEST_F(Turn, ThatIsCutOffReleasesItsHold) {
  {
    async::asio::io_context cut_off{1};
    struct Never final : engines::Engine {
      std::string_view name() const noexcept override { return "never"; }
      std::string_view model() const noexcept override { return "never"; }
      async::Task<base::Result<engines::Reply>> generate(engines::Prompt, engines::ReplyListener*) override {
        async::asio::steady_timer timer(co_await async::asio::this_coro::executor, std::chrono::hours(1));
        co_await timer.async_wait(async::use_task);
        co_return engines::Reply{};
      }
    } never;
    base::Metrics other_metrics;
    Turns turns(*store_, never, clock_, other_metrics, {&cut_off}, {.price = {.per_turn = 100_tokens}});
    TurnRequest request{.credential = credential_, .message = "hello"};
    async::asio::co_spawn(cut_off.get_executor(), abandoned(turns, std::move(request)), async::asio::detached);
    while (store_->hold_counts().open == 0) cut_off.run_for(std::chrono::milliseconds(5));
    store_->drain();
  }
  expect_no_open_hold();
  EXPECT_EQ(store_->hold_counts().released, 1);
}

}  // namespace
}  // namespace parley::chat
