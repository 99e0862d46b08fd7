// What becomes of a streamed turn, by when its client leaves and how its engine ends.

#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <deque>

#include "async/event.h"
#include "chat/chat_fixture.h"
#include "chat/turns.h"
#include "store/sqlite/raw_database.h"

namespace parley::chat {
namespace {

namespace asio = async::asio;
using namespace std::chrono_literals;

/// Does what the test tells it to, step by step.
class SteppedEngine final : public engines::Engine {
 public:
  std::string_view name() const noexcept override { return "stepped"; }
  async::Task<base::Result<engines::Reply>> generate(engines::Prompt, engines::ReplyListener* listener) override {
    ++calls;
    async::Event event(co_await asio::this_coro::executor);
    wake_ = [&event] { event.set(); };
    for (;;) {
      for (; !steps_.empty(); steps_.pop_front()) {
        if (steps_.front().empty()) {
          listener->open();
        } else {
          listener->hear({.text = steps_.front()});
        }
      }
      if (outcome_) break;
      co_await event.wait();
      const auto state = co_await asio::this_coro::cancellation_state;
      cancelled = state.cancelled() != asio::cancellation_type::none;
      if (cancelled)
        outcome_ = base::Error{.code = base::ErrorCode::engine_failed, .message = "cancelled", .detail = ""};
    }
    wake_ = nullptr;
    co_return *std::exchange(outcome_, std::nullopt);
  }

  void open() { step(""); }
  void say(std::string text) { step(std::move(text)); }
  void finish(base::Result<engines::Reply> outcome = engines::Reply()) {
    outcome_ = std::move(outcome);
    if (wake_) wake_();
  }
  void fail() {
    finish(base::Error{.code = base::ErrorCode::engine_failed, .message = "The AI failed.", .detail = ""});
  }

  int calls = 0;
  bool cancelled = false;

 private:
  void step(std::string text) {
    steps_.push_back(std::move(text));
    if (wake_) wake_();
  }

  std::deque<std::string> steps_;
  std::optional<base::Result<engines::Reply>> outcome_;
  std::function<void()> wake_;
};

/// For what can't be made without a value, as co_spawn() asks of what it hands over.
async::Task<> keep(async::Task<base::Result<StreamOutcome>> task, std::optional<base::Result<StreamOutcome>>& kept) {
  kept.emplace(co_await std::move(task));
}

class StreamedTurns : public ChatFixture {
 protected:
  explicit StreamedTurns(TurnSettings settings = {}, catalog::Model model = model_at(catalog::FlatPrice{100_tokens}))
      : lineup_(lineup_of(std::move(made_), std::move(model))),
        turns_(*store_, *lineup_, clock_, metrics_, {&context_}, settings) {}

  base::Result<StreamOutcome> ask(std::optional<store::Idempotency> idempotency = std::nullopt) {
    TurnRequest request{.credential = credential_, .message = "hello", .idempotency = std::move(idempotency)};
    std::optional<base::Result<StreamOutcome>> outcome;
    run(keep(turns_.stream(std::move(request)), outcome));
    return std::move(*outcome);
  }
  void start() { events_.emplace(std::get<TurnEvents>(ask().value())); }
  void leave() { events_.reset(); }

  TurnEvent next() {
    run_until([this] { return !events_->empty(); });
    return *events_->take();
  }
  std::string next_text() { return std::get<Delta>(next()).text; }

  /// Until no turn is under way.
  void settle() {
    run_until([this] { return turns_.wait_until_idle(0ms); });
    expect_no_open_hold();
  }
  std::string saved_response() {
    return store::sqlite::RawDatabase(folder_.path())
        .column("SELECT response || '/' || ifnull(finish_reason, 'stop') FROM turns")
        .back();
  }

  std::unique_ptr<SteppedEngine> made_ = std::make_unique<SteppedEngine>();
  SteppedEngine& engine_ = *made_;
  std::unique_ptr<engines::Lineup> lineup_;
  Turns turns_;
  std::optional<TurnEvents> events_;
};

TEST_F(StreamedTurns, AreToldAsTheyComeAndFinishOnceTheyAreCharged) {
  start();
  engine_.open();
  EXPECT_TRUE(std::holds_alternative<Opened>(next()));
  engine_.say("Hi ");
  EXPECT_EQ(next_text(), "Hi ");
  engine_.say("there");
  EXPECT_EQ(next_text(), "there");
  EXPECT_EQ(balance().posted, 250_tokens);
  engine_.finish();
  const auto finished = std::get<Finished>(next()).reply;
  EXPECT_EQ(finished.response, "Hi there");
  EXPECT_EQ(finished.available, 150_tokens);
  EXPECT_EQ(balance().posted, 150_tokens);
  settle();
  EXPECT_TRUE(events_->ended());
  EXPECT_EQ(saved_response(), "Hi there/stop");
}

TEST_F(StreamedTurns, WhoseClientLeavesBeforeAnythingCameAreCancelled) {
  start();
  run_until([this] { return engine_.calls == 1; });
  leave();
  settle();
  EXPECT_TRUE(engine_.cancelled);
  EXPECT_EQ(balance().posted, 250_tokens);
}

TEST_F(StreamedTurns, WhoseClientLeavesOnceTheEngineBeganButSaidNothingAreCancelled) {
  start();
  engine_.open();
  next();
  leave();
  settle();
  EXPECT_TRUE(engine_.cancelled);
  EXPECT_EQ(balance().posted, 250_tokens);
}

TEST_F(StreamedTurns, WhoseClientLeavesInTheMiddleFinishAndAreCharged) {
  start();
  engine_.say("Hi ");
  next();
  leave();
  engine_.say("there");
  engine_.finish();
  settle();
  EXPECT_FALSE(engine_.cancelled);
  EXPECT_EQ(balance().posted, 150_tokens);
  EXPECT_EQ(saved_response(), "Hi there/stop");
}

TEST_F(StreamedTurns, AreLeftEvenWhereTheTextWasQueuedAndNotTaken) {
  start();
  engine_.say("Hi");
  run_until([this] { return !events_->empty(); });
  leave();
  engine_.finish();
  settle();
  EXPECT_EQ(balance().posted, 150_tokens);
}

TEST_F(StreamedTurns, WhoseEngineFailsInTheMiddleCostNothing) {
  start();
  engine_.say("Hi ");
  next();
  engine_.fail();
  EXPECT_EQ(std::get<Failed>(next()).error.message, "The AI failed.");
  settle();
  EXPECT_EQ(balance().posted, 250_tokens);
}

TEST_F(StreamedTurns, WhoseEngineFailsInTheMiddleAgainAndAgainCostWhatWasSent) {
  for (int time = 1; time <= 4; ++time) {
    start();
    engine_.say("Hi ");
    next();
    engine_.fail();
    const TurnEvent last = next();
    EXPECT_EQ(std::holds_alternative<Finished>(last), time == 4) << time;
    settle();
  }
  EXPECT_EQ(balance().posted, 150_tokens);
  EXPECT_EQ(saved_response(), "Hi /length");
  clock_.advance(1h);
  start();
  engine_.say("Hi ");
  next();
  engine_.fail();
  EXPECT_TRUE(std::holds_alternative<Failed>(next())) << "an hour later";
}

TEST_F(StreamedTurns, ThatFailBeforeAnythingWasSaidAreNotCounted) {
  for (int time = 1; time <= 6; ++time) {
    start();
    engine_.open();
    next();
    engine_.fail();
    EXPECT_TRUE(std::holds_alternative<Failed>(next()));
    settle();
  }
}

TEST_F(StreamedTurns, ThatSayNothingCostNothing) {
  start();
  engine_.finish();
  EXPECT_EQ(std::get<Failed>(next()).error.code, base::ErrorCode::engine_failed);
  settle();
  EXPECT_EQ(balance().posted, 250_tokens);
}

TEST_F(StreamedTurns, ThatOurLimitsCutAreChargedAsFarAsTheyCame) {
  start();
  engine_.say("Hi");
  next();
  engine_.finish(engines::Reply{.finish_reason = "length", .cut_off = true});
  EXPECT_EQ(std::get<Finished>(next()).reply.reply.finish_reason, "length");
  settle();
  EXPECT_EQ(saved_response(), "Hi/length");
}

TEST_F(StreamedTurns, EndUnchargedWhenTheServerStops) {
  start();
  engine_.say("Hi");
  next();
  turns_.stop();
  EXPECT_EQ(std::get<Failed>(next()).error.code, base::ErrorCode::overloaded);
  settle();
  EXPECT_EQ(balance().posted, 250_tokens);
}

TEST_F(StreamedTurns, NeedTokensLikeAnyOther) {
  for (int time = 0; time < 2; ++time) {
    start();
    engine_.say("Hi");
    engine_.finish();
    settle();
  }
  EXPECT_TRUE(std::holds_alternative<store::Shortfall>(ask().value()));
  EXPECT_EQ(engine_.calls, 2);
}

TEST_F(StreamedTurns, AreReplayedUnderTheirIdempotencyKey) {
  const store::Idempotency key{.key = "k", .fingerprint = crypto::digest_of("hello")};
  events_.emplace(std::get<TurnEvents>(ask(key).value()));
  EXPECT_EQ(ask(key).error().code, base::ErrorCode::conflict);
  engine_.say("Hi");
  engine_.finish();
  settle();
  const auto replay = std::get<store::Replay>(ask(key).value());
  EXPECT_EQ(replay.response, "Hi");
  EXPECT_EQ(engine_.calls, 1);
  EXPECT_EQ(balance().posted, 150_tokens);
}

/// 10 tokens for 1,000 model tokens of input, 1,000 for 1,000 of output; up to 100 of output.
class StreamedTurnsByUsage : public StreamedTurns {
 protected:
  explicit StreamedTurnsByUsage(TurnSettings settings = {})
      : StreamedTurns(settings, model_at(catalog::UsagePrice{10_tokens, 1'000_tokens, 0_tokens}, 100)) {}
};

TEST_F(StreamedTurnsByUsage, PayWhatTheEngineSaidThatItCounted) {
  start();
  engine_.say("Hi");
  EXPECT_EQ(balance().held, 101_tokens);
  engine_.finish(engines::Reply{.usage = engines::Usage{.input_model_tokens = 100, .output_model_tokens = 4}});
  settle();
  EXPECT_EQ(balance().posted, 245_tokens);
}

class ImpatientTurnsByUsage : public StreamedTurnsByUsage {
 protected:
  ImpatientTurnsByUsage() : StreamedTurnsByUsage({.finish_after_leaving = 0ms}) {}
};

TEST_F(ImpatientTurnsByUsage, PayForWhatWasSentWhereTheirClientLeavesInTheMiddle) {
  start();
  engine_.say("eight by");
  next();
  leave();
  settle();
  EXPECT_EQ(balance().posted, 247_tokens) << "2 model tokens of output, 0.02 tokens of input";
}

class ImpatientTurns : public StreamedTurns {
 protected:
  ImpatientTurns() : StreamedTurns({.finish_after_leaving = 0ms, .behind_bytes_max = 1000}) {}
};

TEST_F(ImpatientTurns, StopAtOnceWhenTheirClientLeavesInTheMiddle) {
  start();
  engine_.say("Hi ");
  next();
  leave();
  settle();
  EXPECT_TRUE(engine_.cancelled);
  EXPECT_EQ(balance().posted, 150_tokens);
  EXPECT_EQ(saved_response(), "Hi /length");
}

TEST_F(ImpatientTurns, TakeAClientThatIsTooFarBehindForGone) {
  start();
  engine_.say("Hi ");
  next();
  events_->stalled(true);
  engine_.say(std::string(2000, 'x'));
  settle();
  EXPECT_TRUE(events_->ended());
  EXPECT_EQ(balance().posted, 150_tokens);
}

class BoundedTurns : public StreamedTurns {
 protected:
  BoundedTurns() : StreamedTurns({.finish_after_leaving = 30ms}) {}
};

TEST_F(BoundedTurns, GoOnForAWhileWhenTheirClientLeavesInTheMiddle) {
  start();
  engine_.say("Hi ");
  next();
  leave();
  engine_.say("there");
  settle();
  EXPECT_TRUE(engine_.cancelled);
  EXPECT_EQ(saved_response(), "Hi there/length");
}

TEST_F(StreamedTurns, ThatAreCutOffWithTheirLoopReleaseTheirHold) {
  base::Metrics other_metrics;
  {
    asio::io_context cut_off{1};
    auto made = std::make_unique<SteppedEngine>();
    const SteppedEngine& engine = *made;
    const auto lineup = lineup_of(std::move(made));
    Turns turns(*store_, *lineup, clock_, other_metrics, {&cut_off}, {});
    TurnRequest request{.credential = credential_, .message = "hello"};
    std::optional<base::Result<StreamOutcome>> outcome;
    async::run_to_end(cut_off, keep(turns.stream(std::move(request)), outcome));
    cut_off.restart();
    while (engine.calls == 0) cut_off.run_for(1ms);
    EXPECT_EQ(store_->hold_counts().open, 1);
    turns.stop();
    store_->drain();
  }
  expect_no_open_hold();
}

}  // namespace
}  // namespace parley::chat
