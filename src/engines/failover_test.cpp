#include "engines/failover.h"

#include <gtest/gtest.h>

#include <functional>

#include "async/run_to_end.h"
#include "engines/lineup.h"

namespace parley::engines {
namespace {

using base::ErrorCode;
using namespace std::chrono_literals;

base::Error failure(ErrorCode code) {
  return {.code = code, .message = "It failed.", .detail = ""};
}

/// Answers with its name, or fails; remembers what it was asked.
class TestEngine final : public Engine {
 public:
  explicit TestEngine(std::string name, bool relays = true) : name_(std::move(name)), relays_(relays) {}

  std::string_view name() const noexcept override { return name_; }
  bool relays() const noexcept override { return relays_; }

  async::Task<base::Result<Reply>> generate(Prompt prompt, ReplyListener* listener) override {
    texts.push_back(prompt.messages.empty() ? "" : prompt.messages.front().text);
    return answer(prompt.call, listener);
  }
  async::Task<base::Result<Reply>> relay(RelayedRequest request, ReplyListener* listener) override {
    texts.push_back(request.body);
    return answer(request.call, listener);
  }

  std::optional<ErrorCode> fails;
  bool opens_first = false;
  std::vector<Call> calls;
  std::vector<std::string> texts;

 private:
  async::Task<base::Result<Reply>> answer(Call call, ReplyListener* listener) {
    calls.push_back(std::move(call));
    if (listener != nullptr && (opens_first || !fails)) listener->open();
    if (fails) co_return failure(*fails);
    if (listener != nullptr) listener->hear({.text = name_, .chunk = name_});
    co_return Reply{.text = name_};
  }

  std::string name_;
  bool relays_;
};

class Listener final : public ReplyListener {
 public:
  void open() override { ++opened; }
  void hear(const Heard& heard) override { text += heard.text; }
  int opened = 0;
  std::string text;
};

class FailoverTest : public testing::Test {
 protected:
  base::Result<Reply> generate(ReplyListener* listener = nullptr) {
    Prompt prompt{.messages = {{.role = Role::user, .text = "hello"}}};
    return async::run_to_end(context, failover.generate(std::move(prompt), listener));
  }
  base::Result<Reply> relay(ReplyListener* listener = nullptr) {
    RelayedRequest request{.body = "{}"};
    return async::run_to_end(context, failover.relay(std::move(request), listener));
  }

  async::asio::io_context context{1};
  base::Metrics metrics;
  TestEngine first{"first"};
  TestEngine second{"second", false};
  TestEngine third{"third"};
  Failover failover{"m", {{&first, "a"}, {&second, "b"}, {&third, "c"}}, 60s, &metrics};
};

TEST_F(FailoverTest, AsksTheFirstEngineAndNoOtherWhereThatAnswers) {
  EXPECT_EQ(generate()->text, "first");
  EXPECT_EQ(first.calls.at(0).model, "a");
  EXPECT_FALSE(first.calls.at(0).last_resort);
  EXPECT_TRUE(second.calls.empty());
}

TEST_F(FailoverTest, AsksTheNextOneInOrderWhereAnEngineFails) {
  for (const ErrorCode code : {ErrorCode::engine_failed, ErrorCode::engine_busy, ErrorCode::engine_timeout}) {
    first.fails = second.fails = code;
    third.calls.clear();
    EXPECT_EQ(generate()->text, "third");
    ASSERT_EQ(third.calls.size(), 1U);
    EXPECT_EQ(third.calls.front().model, "c");
    EXPECT_TRUE(third.calls.front().last_resort);
    EXPECT_EQ(third.texts.back(), "hello");
  }
  EXPECT_EQ(second.texts.back(), "hello");
  EXPECT_EQ(second.calls.back().model, "b");
  EXPECT_NE(metrics.text().find("parley_engine_failovers_total{engine=\"first\",model=\"m\",upstream_model=\"a\"} 3"),
            std::string::npos);
}

TEST_F(FailoverTest, AllEnginesHaveOneDeadline) {
  first.fails = second.fails = third.fails = ErrorCode::engine_failed;
  EXPECT_TRUE(generate().has_error());
  ASSERT_TRUE(first.calls.at(0).deadline);
  EXPECT_EQ(first.calls.at(0).deadline, second.calls.at(0).deadline);
  EXPECT_EQ(first.calls.at(0).deadline, third.calls.at(0).deadline);
}

TEST_F(FailoverTest, TheLastEnginesFailureIsTheAnswer) {
  first.fails = second.fails = ErrorCode::engine_failed;
  third.fails = ErrorCode::engine_busy;
  EXPECT_EQ(generate().error().code, ErrorCode::engine_busy);
}

TEST_F(FailoverTest, WhatIsNotTheEnginesFaultIsNotAskedElsewhere) {
  for (const ErrorCode code : {ErrorCode::engine_refused, ErrorCode::overloaded, ErrorCode::internal}) {
    first.fails = code;
    EXPECT_EQ(generate().error().code, code);
    EXPECT_EQ(relay().error().code, code);
  }
  EXPECT_TRUE(second.calls.empty());
  EXPECT_TRUE(third.calls.empty());
}

TEST_F(FailoverTest, WhatBeganToAnswerIsNotAskedForAgain) {
  first.fails = ErrorCode::engine_failed;
  first.opens_first = true;
  Listener listener;
  EXPECT_EQ(generate(&listener).error().code, ErrorCode::engine_failed);
  EXPECT_EQ(relay(&listener).error().code, ErrorCode::engine_failed);
  EXPECT_TRUE(second.calls.empty());
  EXPECT_TRUE(third.calls.empty());
}

TEST_F(FailoverTest, AListenerHearsTheEngineThatAnsweredAndOneOpening) {
  first.fails = ErrorCode::engine_timeout;
  Listener listener;
  EXPECT_TRUE(generate(&listener).has_value());
  EXPECT_EQ(listener.opened, 1);
  EXPECT_EQ(listener.text, "second");
}

TEST_F(FailoverTest, RelaysOnlyByEnginesThatRelay) {
  EXPECT_TRUE(failover.relays());
  first.fails = ErrorCode::engine_failed;
  EXPECT_EQ(relay()->text, "third");
  EXPECT_EQ(third.texts.back(), "{}");
  EXPECT_TRUE(second.calls.empty());
  third.fails = ErrorCode::engine_failed;
  EXPECT_TRUE(relay().has_error());
  EXPECT_TRUE(second.calls.empty());
  EXPECT_FALSE(Failover("m", {{&second, "b"}}, 60s, nullptr).relays());
  EXPECT_TRUE(Failover("m", {{&second, "b"}, {&first, "a"}}, 60s, nullptr).relays());
}

catalog::Model model(std::string name, std::vector<catalog::Route> routes) {
  return {.name = std::move(name), .routes = std::move(routes), .price = catalog::FlatPrice{}};
}

TEST(LineupTest, ServesEachModelByItsEngines) {
  EnginesByName engines;
  engines["one"] = std::make_unique<TestEngine>("one");
  engines["two"] = std::make_unique<TestEngine>("two");
  auto catalog = catalog::Catalog::create({model("m", {{"two", "x"}}), model("both", {{"one", "y"}, {"two", "z"}})});
  const auto lineup = Lineup::create(*std::move(catalog), std::move(engines), 60s, nullptr).value();
  const auto& models = lineup->catalog().models();
  EXPECT_EQ(lineup->server_of(models[0]).engine->name(), "two");
  EXPECT_EQ(lineup->server_of(models[0]).upstream_model, "x");
  EXPECT_EQ(lineup->server_of(models[1]).engine->name(), "one");
  EXPECT_THROW((void)lineup->server_of(model("m", {})), std::logic_error);
}

TEST(LineupTest, RefusesACatalogThatNamesAnEngineThatIsNotThere) {
  auto catalog = catalog::Catalog::create({model("m", {{"nobody", "x"}})});
  const auto lineup = Lineup::create(*std::move(catalog), {}, 60s, nullptr);
  EXPECT_EQ(lineup.error().code, ErrorCode::invalid_input);
  EXPECT_NE(lineup.error().message.find("nobody"), std::string::npos);
}

}  // namespace
}  // namespace parley::engines
