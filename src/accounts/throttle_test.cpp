#include "accounts/throttle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <string>

namespace parley::accounts {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::SteadyTime start = base::SteadyTime() + std::chrono::hours(1);

Throttle::Key key(int number) {
  return crypto::digest_of(std::to_string(number));
}

TEST(Throttle, AdmitsABurstThenOneEachPeriod) {
  Throttle throttle({.burst = 3, .period = seconds(10)}, 100);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttle.charge(key(1), start));
  EXPECT_EQ(throttle.charge(key(1), start), seconds(10));
  EXPECT_EQ(throttle.charge(key(1), start + milliseconds(9'999)), milliseconds(1));
  EXPECT_FALSE(throttle.charge(key(1), start + seconds(10)));
  EXPECT_EQ(throttle.charge(key(1), start + seconds(10)), seconds(10));
}

TEST(Throttle, IsFullAgainInTheEndAndNoFuller) {
  Throttle throttle({.burst = 3, .period = seconds(10)}, 100);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttle.charge(key(1), start));
  const auto later = start + std::chrono::hours(24);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttle.charge(key(1), later));
  EXPECT_TRUE(throttle.charge(key(1), later));
}

TEST(Throttle, KeysAreApart) {
  Throttle throttle({.burst = 1, .period = seconds(10)}, 100);
  EXPECT_FALSE(throttle.charge(key(1), start));
  EXPECT_FALSE(throttle.charge(key(2), start));
  EXPECT_TRUE(throttle.charge(key(1), start));
}

TEST(Throttle, WhatIsGivenBackCanBeTakenAgain) {
  Throttle throttle({.burst = 2, .period = seconds(10)}, 100);
  EXPECT_FALSE(throttle.charge(key(1), start));
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(throttle.charge(key(1), start));
    EXPECT_TRUE(throttle.charge(key(1), start));
    throttle.give_back(key(1));
  }
  throttle.give_back(key(2));  // unknown: nothing happens
  EXPECT_EQ(throttle.size(), 1U);
}

TEST(Throttle, ForgetsWhatIsFullAgain) {
  Throttle throttle({.burst = 5, .period = seconds(10)}, 1000);
  for (int i = 0; i < 1000; ++i) throttle.charge(key(i), start);
  EXPECT_EQ(throttle.size(), 1000U);
  for (int i = 0; i < 1000; ++i) throttle.charge(key(-1), start + seconds(11));
  EXPECT_EQ(throttle.size(), 1U);
}

TEST(Throttle, RemembersTheEmptiestWhereItCannotRememberAll) {
  Throttle throttle({.burst = 2, .period = seconds(10)}, 10);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(throttle.charge(key(0), start));
  for (int i = 1; i < 1000; ++i) EXPECT_FALSE(throttle.charge(key(i), start));
  EXPECT_EQ(throttle.size(), 10U);
  EXPECT_TRUE(throttle.charge(key(0), start));
}

TEST(Throttle, TakesTheLargestRates) {
  Throttle throttle({.burst = 1'000'000, .period = std::chrono::hours(24)}, 10);
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(throttle.charge(key(0), start));
}

/// Admissions within any window of n periods are at most burst + n.
RC_GTEST_PROP(Throttle, NeverAdmitsMoreThanItsRate, (const std::vector<std::uint16_t>& gaps)) {
  constexpr Rate rate{.burst = 4, .period = milliseconds(100)};
  Throttle throttle(rate, 10);
  auto now = start;
  std::vector<base::SteadyTime> admitted;
  for (const std::uint16_t gap : gaps) {
    now += milliseconds(gap % 150);
    if (!throttle.charge(key(1), now)) admitted.push_back(now);
  }
  for (std::size_t first = 0; first < admitted.size(); ++first) {
    for (std::size_t last = first; last < admitted.size(); ++last) {
      RC_ASSERT(static_cast<std::int64_t>(last - first + 1) <=
                rate.burst + (admitted[last] - admitted[first]) / rate.period);
    }
  }
}

}  // namespace
}  // namespace parley::accounts
