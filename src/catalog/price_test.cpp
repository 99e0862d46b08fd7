#include "catalog/price.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace parley::catalog {
namespace {

using base::Tokens;
using base::operator""_tokens;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

TEST(Price, FlatIsTheSameForEveryTurn) {
  EXPECT_EQ(charge_for(FlatPrice{100_tokens}, {.input_model_tokens = 0, .output_model_tokens = 0}), 100_tokens);
  EXPECT_EQ(charge_for(FlatPrice{100_tokens}, {.input_model_tokens = most, .output_model_tokens = most}), 100_tokens);
}

TEST(Price, ByUsageRoundsTheSumUpOnce) {
  const Price price = UsagePrice{3_tokens, 15_tokens, 0_tokens};
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 0, .output_model_tokens = 0}), 0_tokens);
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 1, .output_model_tokens = 0}), 1_tokens);
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 1000, .output_model_tokens = 0}), 3_tokens);
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 1001, .output_model_tokens = 0}), 4_tokens);
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 333, .output_model_tokens = 0}), 1_tokens);
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 100, .output_model_tokens = 40}), 1_tokens) << "0.3 and 0.6";
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 1000, .output_model_tokens = 1000}), 18_tokens);
}

TEST(Price, ByUsageIsAtLeastItsMinimum) {
  const Price price = UsagePrice{3_tokens, 15_tokens, 10_tokens};
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 0, .output_model_tokens = 0}), 10_tokens);
  EXPECT_EQ(charge_for(price, {.input_model_tokens = 1000, .output_model_tokens = 1000}), 18_tokens);
}

TEST(Price, ByUsageBeyondTheRangeIsItsEnd) {
  const Price price = UsagePrice{*Tokens::from(Tokens::count_max), 1_tokens, 0_tokens};
  EXPECT_EQ(charge_for(price, {.input_model_tokens = most, .output_model_tokens = most}).count(), Tokens::count_max);
  EXPECT_EQ(charge_for(price, {.input_model_tokens = Tokens::count_max, .output_model_tokens = 0}).count(),
            Tokens::count_max);
}

TEST(OutputFor, IsNothingBelowTheMinimumOrWhatTheInputCosts) {
  const UsagePrice price{1000_tokens, 1000_tokens, 5_tokens};
  EXPECT_EQ(output_for(price, 1, 4_tokens), 0);
  EXPECT_EQ(output_for(price, 6, 5_tokens), 0);
  EXPECT_EQ(output_for(price, 5, 5_tokens), 0);
  EXPECT_EQ(output_for(price, 4, 5_tokens), 1);
}

TEST(OutputFor, IsEndlessWhereOutputIsFree) {
  EXPECT_EQ(output_for({1_tokens, 0_tokens, 0_tokens}, 1000, 1_tokens), most);
}

RC_GTEST_PROP(OutputForProperty, IsTheMostThatTheBudgetCovers, ()) {
  const auto amount = [](std::int64_t bound) { return *Tokens::from(*rc::gen::inRange<std::int64_t>(0, bound)); };
  const UsagePrice price{amount(5'000), amount(5'000), amount(50)};
  const Tokens budget = amount(1'000'000);
  const auto input = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  const std::int64_t output = output_for(price, input, budget);
  const auto cost = [&](std::int64_t out) {
    return charge_for(price, {.input_model_tokens = input, .output_model_tokens = out});
  };
  if (output > 0) RC_ASSERT(price.output_per_1000.count() == 0 || cost(output) <= budget);
  if (output < most) RC_ASSERT(cost(output + 1) > budget);
}

TEST(Estimate, IsAThirdOfTheBytesAndMoreForMessagesAndImages) {
  EXPECT_EQ(estimate_of({.bytes = 0, .messages = 0, .images = 0}, 1'500), 0);
  EXPECT_EQ(estimate_of({.bytes = 4, .messages = 1, .images = 0}, 1'500), 2 + 8);
  EXPECT_EQ(estimate_of({.bytes = 9, .messages = 3, .images = 2}, 1'500), 3 + 24 + 3'000);
}

TEST(Counted, IsAQuarterOfTheBytesRoundedUp) {
  EXPECT_EQ(counted(0), 0);
  EXPECT_EQ(counted(1), 1);
  EXPECT_EQ(counted(4), 1);
  EXPECT_EQ(counted(5), 2);
}

}  // namespace
}  // namespace parley::catalog
