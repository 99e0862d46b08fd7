#include "base/tokens.h"

#include <gtest/gtest.h>

namespace parley::base {
namespace {

TEST(Tokens, AddsAndSubtractsExactly) {
  EXPECT_EQ((4000_tokens).minus(100_tokens), 3900_tokens);
  EXPECT_EQ((3900_tokens).plus(100_tokens), 4000_tokens);
  EXPECT_EQ((40_tokens).minus(100_tokens)->count(), -60);
}

TEST(Tokens, RefusesWhatJsonReadersCannotKeepExact) {
  EXPECT_TRUE(Tokens::from(Tokens::count_max).has_value());
  EXPECT_TRUE(Tokens::from(-Tokens::count_max).has_value());
  EXPECT_FALSE(Tokens::from(Tokens::count_max + 1).has_value());
  EXPECT_FALSE(Tokens::from(INT64_MIN).has_value());
}

TEST(Tokens, SumsThatLeaveTheRangeAreNoAmount) {
  const Tokens most = *Tokens::from(Tokens::count_max);
  EXPECT_FALSE(most.plus(1_tokens).has_value());
  EXPECT_FALSE(most.negated().minus(1_tokens).has_value());
}

}  // namespace
}  // namespace parley::base
