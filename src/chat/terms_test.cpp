#include "chat/terms.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace parley::chat {
namespace {

using base::Tokens;
using base::operator""_tokens;
using catalog::Usage;

catalog::Model flat() {
  return {.name = "flat", .routes = {{"offline", "x"}}, .price = catalog::FlatPrice{100_tokens}, .output_max = 50};
}

/// 2 tokens for 1,000 of input, 10 for 1,000 of output, at least 3; answers of 1,000 model tokens, an image is 500.
catalog::Model by_usage() {
  return {.name = "usage",
          .routes = {{"openai", "x"}},
          .price = catalog::UsagePrice{2_tokens, 10_tokens, 3_tokens},
          .output_max = 1'000,
          .model_tokens_per_image = 500};
}

/// 2,992 bytes ÷ 3 = 998 (rounded up), and 8 for each of two messages: 1,014 model tokens, an image more where asked.
Work work(std::optional<std::int64_t> output_asked = std::nullopt, std::size_t images = 0) {
  return {.prompt = {.bytes = 2'992, .messages = 2, .images = images}, .output_asked = output_asked};
}

TEST(Terms, OfAFlatPriceAreThatPrice) {
  EXPECT_EQ(terms_of(flat(), work()).most, 100_tokens);
  EXPECT_EQ(terms_of(flat(), work(1'000'000, 9)).least, 100_tokens);
  EXPECT_EQ(output_limit(flat(), work(), 100_tokens), 50);
  catalog::Model unlimited = flat();
  unlimited.output_max = std::nullopt;
  EXPECT_EQ(output_limit(unlimited, work(), 100_tokens), std::nullopt);
}

TEST(Terms, OfAPriceByUsageHoldTheInputsEstimateAndTheWholeOutput) {
  EXPECT_EQ(terms_of(by_usage(), work()).most, 13_tokens) << "2.028 and 10, rounded up";
  EXPECT_EQ(terms_of(by_usage(), work(std::nullopt, 3)).most, 16_tokens) << "1,500 model tokens more";
}

TEST(Terms, OfAPriceByUsageHoldNoMoreOutputThanIsAsked) {
  EXPECT_EQ(terms_of(by_usage(), work(100)).most, 4_tokens) << "2.028 and 1";
  EXPECT_EQ(terms_of(by_usage(), work(5'000)).most, 13_tokens) << "the model's own limit";
  EXPECT_EQ(terms_of(by_usage(), work(-5)).most, 3_tokens);
}

TEST(Terms, AskForEnoughForSixteenModelTokensOfOutputUnlessFewerWereAsked) {
  catalog::Model dear = by_usage();
  dear.price = catalog::UsagePrice{2_tokens, 1'000_tokens, 0_tokens};
  EXPECT_EQ(terms_of(dear, work()).least, 19_tokens) << "2.028 and 16";
  EXPECT_EQ(terms_of(dear, work(4)).least, 7_tokens);
  EXPECT_EQ(terms_of(dear, work(4)).most, 7_tokens);
}

TEST(Terms, LowerTheOutputToWhatIsHeld) {
  catalog::Model dear = by_usage();
  dear.price = catalog::UsagePrice{2_tokens, 1'000_tokens, 0_tokens};
  EXPECT_EQ(output_limit(dear, work(), 1'003_tokens), 1'000);
  EXPECT_EQ(output_limit(dear, work(), 103_tokens), 100);
  EXPECT_EQ(output_limit(dear, work(50), 103_tokens), 50);
}

TEST(UsageThatCounts, IsTheEnginesWhereItIsCredibleElseAQuarterOfTheBytes) {
  EXPECT_EQ(usage_that_counts(work(), Usage{7, 9}, 400).input_model_tokens, 7);
  EXPECT_EQ(usage_that_counts(work(), Usage{7, 9}, 400).output_model_tokens, 9);
  EXPECT_EQ(usage_that_counts(work(), std::nullopt, 401).input_model_tokens, 748);
  EXPECT_EQ(usage_that_counts(work(), std::nullopt, 401).output_model_tokens, 101);
}

TEST(ChargeForTurn, IsNeverAboveWhatIsHeld) {
  EXPECT_EQ(charge_for_turn(by_usage(), Usage{1'000, 500}, 13_tokens), 7_tokens);
  EXPECT_EQ(charge_for_turn(by_usage(), Usage{1'000'000, 500}, 13_tokens), 13_tokens);
  EXPECT_EQ(charge_for_turn(flat(), Usage{0, 0}, 100_tokens), 100_tokens);
}

TEST(ChargeMin, IsThePriceOrTheMinimum) {
  EXPECT_EQ(charge_min(flat()), 100_tokens);
  EXPECT_EQ(charge_min(by_usage()), 3_tokens);
}

RC_GTEST_PROP(TermsProperty, WhateverAnEngineSaysTheChargeIsWithinTheHold, ()) {
  const auto amount = [](std::int64_t bound) { return *Tokens::from(*rc::gen::inRange<std::int64_t>(0, bound)); };
  catalog::Model model = by_usage();
  model.price = catalog::UsagePrice{amount(100'000), amount(100'000), amount(100)};
  model.output_max = *rc::gen::inRange<std::int64_t>(1, 100'000);
  const rc::Maybe<std::int64_t> limit_asked = *rc::gen::maybe(rc::gen::arbitrary<std::int64_t>());
  const Work asked{.prompt = {.bytes = *rc::gen::inRange<std::size_t>(0, 1'000'000),
                              .messages = *rc::gen::inRange<std::size_t>(0, 100),
                              .images = *rc::gen::inRange<std::size_t>(0, 20)},
                   .output_asked = limit_asked ? std::optional(*limit_asked) : std::nullopt};
  const Terms terms = terms_of(model, asked);
  RC_ASSERT(terms.least <= terms.most);
  const Tokens held = *Tokens::from(*rc::gen::inRange<std::int64_t>(terms.least.count(), terms.most.count() + 1));
  const auto limit = output_limit(model, asked, held);
  RC_ASSERT(limit && *limit >= 1 && *limit <= *model.output_max);
  RC_ASSERT(*limit >= std::min<std::int64_t>({output_least, *model.output_max, asked.output_asked.value_or(16)}) ||
            asked.output_asked.value_or(16) < 1);

  const auto hostile = rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
  const Usage usage{.input_model_tokens = *hostile, .output_model_tokens = *hostile};
  const Tokens charge = charge_for_turn(model, usage, held);
  RC_ASSERT(charge <= held && !charge.negative());
  // An engine that keeps to its limit, with a prompt within its estimate, is paid in full.
  const Usage honest{.input_model_tokens = catalog::estimate_of(asked.prompt, model.model_tokens_per_image),
                     .output_model_tokens = *limit};
  RC_ASSERT(charge_for_turn(model, honest, held) == charge_for(model.price, honest));
}

}  // namespace
}  // namespace parley::chat
