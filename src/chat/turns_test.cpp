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
  async::Task<base::Result<engines::Reply>> generate(engines::Prompt prompt, engines::ReplyListener*) override {
    ++calls;
    if (on_call) on_call();
    last_message = prompt.messages.back().text;
    last_prompt = std::move(prompt);
    co_return answer;
  }

  base::Result<engines::Reply> answer = engines::Reply{.text = "fine"};
  std::function<void()> on_call;
  std::string last_message;
  engines::Prompt last_prompt;
  int calls = 0;
};

class Turn : public ChatFixture {
 protected:
  base::Result<TurnOutcome> take_turn(std::string message = "hello") {
    TurnRequest request{.credential = credential_, .message = std::move(message)};
    return run(turns_.run(std::move(request)));
  }

  explicit Turn(catalog::Model model = model_at(catalog::FlatPrice{100_tokens}))
      : lineup_(lineup_of(std::move(made_), std::move(model))) {}

  std::unique_ptr<ScriptedEngine> made_ = std::make_unique<ScriptedEngine>();
  ScriptedEngine& engine_ = *made_;
  std::unique_ptr<engines::Lineup> lineup_;
  Turns turns_{*store_, *lineup_, clock_, metrics_, {&context_}, {}};
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
      async::Task<base::Result<engines::Reply>> generate(engines::Prompt, engines::ReplyListener*) override {
        async::asio::steady_timer timer(co_await async::asio::this_coro::executor, std::chrono::hours(1));
        co_await timer.async_wait(async::use_task);
        co_return engines::Reply{};
      }
    };
    base::Metrics other_metrics;
    const auto lineup = lineup_of(std::make_unique<Never>());
    Turns turns(*store_, *lineup, clock_, other_metrics, {&cut_off}, {});
    TurnRequest request{.credential = credential_, .message = "hello"};
    async::asio::co_spawn(cut_off.get_executor(), abandoned(turns, std::move(request)), async::asio::detached);
    while (store_->hold_counts().open == 0) cut_off.run_for(std::chrono::milliseconds(5));
    store_->drain();
  }
  expect_no_open_hold();
  EXPECT_EQ(store_->hold_counts().released, 1);
}

/// 10 tokens for 1,000 model tokens of input, 100 for 1,000 of output, at least 3; up to 1,000 of output: with the 250
/// tokens of the account more output is affordable than that.
class TurnByUsage : public Turn {
 protected:
  TurnByUsage() : Turn(model_at(catalog::UsagePrice{10_tokens, 100_tokens, 3_tokens}, 1'000)) {}

  base::Tokens charge_with(std::optional<engines::Usage> usage, std::string text = "fine") {
    engine_.answer = engines::Reply{.text = std::move(text), .usage = usage};
    return std::get<TurnReply>(take_turn().value()).charge;
  }
};

TEST_F(TurnByUsage, HoldsTheMostThatItCanCostAndPaysWhatItCost) {
  EXPECT_EQ(charge_with(engines::Usage{.input_model_tokens = 1'000, .output_model_tokens = 500}), 60_tokens);
  EXPECT_EQ(balance().posted, 190_tokens);
  EXPECT_EQ(engine_.last_prompt.call.output_max, 1'000);
  EXPECT_EQ(engine_.last_prompt.call.model, "upstream-m");
  expect_no_open_hold();
}

TEST_F(TurnByUsage, PaysAtLeastTheMinimumAndAtMostItsHold) {
  EXPECT_EQ(charge_with(engines::Usage{.input_model_tokens = 0, .output_model_tokens = 1}), 3_tokens);
  EXPECT_EQ(charge_with(engines::Usage{.input_model_tokens = 1, .output_model_tokens = 1'000'000'000'000}), 101_tokens)
      << "10 model tokens of input and 1,000 of output";
  expect_no_open_hold();
}

TEST_F(TurnByUsage, PaysByOurOwnCountWhereTheEngineSaidNothingCredible) {
  EXPECT_EQ(charge_with(std::nullopt, std::string(400, 'x')), 11_tokens) << "2 of input, 100 of output";
}

TEST_F(TurnByUsage, MayWriteNoMoreThanIsAffordable) {
  EXPECT_EQ(charge_with(engines::Usage{.input_model_tokens = 0, .output_model_tokens = 2'000}), 101_tokens);
  EXPECT_EQ(charge_with(engines::Usage{.input_model_tokens = 0, .output_model_tokens = 2'000}), 101_tokens);
  EXPECT_EQ(balance().posted, 48_tokens);
  EXPECT_EQ(charge_with(engines::Usage{.input_model_tokens = 10, .output_model_tokens = 479}), 48_tokens);
  EXPECT_EQ(engine_.last_prompt.call.output_max, 479);
  EXPECT_EQ(balance().posted, 0_tokens);
  const auto refused = take_turn().value();
  EXPECT_EQ(std::get<store::Shortfall>(refused).required, 3_tokens);
  EXPECT_EQ(engine_.calls, 3);
}

TEST_F(TurnByUsage, IsQuotedWithoutACallAHoldOrACharge) {
  const auto quote = run(turns_.quote({.credential = credential_, .message = "hello"})).value();
  EXPECT_TRUE(quote.affordable);
  EXPECT_EQ(quote.hold, 101_tokens);
  EXPECT_EQ(quote.charge_min, 3_tokens);
  EXPECT_EQ(quote.input_model_tokens, 10);
  EXPECT_EQ(quote.output_max, 1'000);
  EXPECT_EQ(engine_.calls, 0);
  EXPECT_EQ(store_->hold_counts().taken, 0);
  EXPECT_EQ(balance().posted, 250_tokens);
}

TEST_F(Turn, InAConversationTellsTheEngineTheEarlierTurns) {
  const auto first = std::get<TurnReply>(take_turn("one").value());
  EXPECT_EQ(first.conversation.value, first.turn.value);
  TurnRequest request{.credential = credential_, .message = "two", .conversation = first.conversation};
  const auto second = std::get<TurnReply>(run(turns_.run(std::move(request))).value());
  EXPECT_EQ(second.conversation, first.conversation);
  const auto& messages = engine_.last_prompt.messages;
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].text, "one");
  EXPECT_EQ(messages[1].text, "fine");
  EXPECT_EQ(messages[1].role, engines::Role::assistant);
  EXPECT_EQ(messages[2].text, "two");
}

TEST_F(Turn, InAConversationThatIsNotThereIsRefusedUnlessItsKeyKnowsTheAnswer) {
  TurnRequest request{.credential = credential_, .message = "two", .conversation = base::ConversationId{77}};
  request.idempotency = store::Idempotency{.key = "k", .fingerprint = crypto::digest_of("x")};
  EXPECT_EQ(run(turns_.run(request)).error().code, base::ErrorCode::not_found);
  const auto first = std::get<TurnReply>(take_turn("one").value());
  request.conversation = first.conversation;
  EXPECT_TRUE(std::holds_alternative<TurnReply>(run(turns_.run(request)).value()));
  EXPECT_TRUE(std::holds_alternative<store::Replay>(run(turns_.run(request)).value()));
  ASSERT_TRUE(run(store_->delete_conversation(credential_, first.conversation)).has_value());
  EXPECT_EQ(run(turns_.run(request)).error().code, base::ErrorCode::gone);
  EXPECT_EQ(balance().posted, 50_tokens);
  expect_no_open_hold();
}

}  // namespace
}  // namespace parley::chat
