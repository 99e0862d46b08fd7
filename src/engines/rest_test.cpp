#include "engines/rest.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/manual_clock.h"

namespace parley::engines {
namespace {

using namespace std::chrono_literals;

class RestTest : public testing::Test {
 protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i) rest.admit().value().failed();
  }

  base::ManualClock clock;
  Rest rest{clock, {.failures_in_a_row_max = 5, .duration = 10s}};
};

TEST_F(RestTest, FourFailuresInARowAreNotEnough) {
  fail(4);
  EXPECT_TRUE(rest.admit().has_value());
}

TEST_F(RestTest, FiveFailuresInARowStopCallsAndSayForHowLong) {
  fail(5);
  const auto refused = rest.admit();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, base::ErrorCode::engine_busy);
  EXPECT_EQ(refused.error().retry_after, 10s);
  clock.advance(9500ms);
  EXPECT_EQ(rest.admit().error().retry_after, 1s);
}

TEST_F(RestTest, ASuccessInBetweenStartsTheCountAnew) {
  fail(4);
  rest.admit().value().succeeded();
  fail(4);
  EXPECT_TRUE(rest.admit().has_value());
}

TEST_F(RestTest, AfterTheRestOneCallTriesAndItsSuccessLetsAllIn) {
  fail(5);
  clock.advance(10s);
  auto probe = rest.admit();
  ASSERT_TRUE(probe.has_value());
  EXPECT_EQ(rest.admit().error().code, base::ErrorCode::engine_busy);
  probe->succeeded();
  EXPECT_TRUE(rest.admit().has_value());
  EXPECT_TRUE(rest.admit().has_value());
}

TEST_F(RestTest, AfterTheRestOneFailureIsEnoughForAnother) {
  fail(5);
  clock.advance(10s);
  fail(1);
  EXPECT_EQ(rest.admit().error().retry_after, 10s);
}

TEST_F(RestTest, ATryThatEndsWithoutAWordLetsTheNextOneTry) {
  fail(5);
  clock.advance(10s);
  {
    const auto cancelled = rest.admit();
  }
  const auto next = rest.admit();
  EXPECT_TRUE(next.has_value());
  EXPECT_TRUE(rest.admit().has_error());
}

TEST_F(RestTest, FailuresOfCallsThatBeganBeforeTheRestDoNotProlongIt) {
  auto early = rest.admit();
  fail(5);
  clock.advance(8s);
  early->failed();
  EXPECT_EQ(rest.admit().error().retry_after, 2s);
}

TEST_F(RestTest, ComplaintsAreMadeOnceForEachRest) {
  EXPECT_TRUE(rest.first_complaint());
  EXPECT_FALSE(rest.first_complaint());
  fail(5);
  clock.advance(10s);
  auto probe = rest.admit();
  EXPECT_TRUE(rest.first_complaint());
  EXPECT_FALSE(rest.first_complaint());
}

TEST_F(RestTest, APassMayOutliveTheEngine) {
  auto mortal = std::make_unique<Rest>(clock, RestLimits{.failures_in_a_row_max = 1, .duration = 1s});
  mortal->admit().value().failed();
  clock.advance(1s);
  const auto probe = std::make_optional(mortal->admit());
  ASSERT_TRUE(probe->has_value());
  mortal.reset();
}

}  // namespace
}  // namespace parley::engines
