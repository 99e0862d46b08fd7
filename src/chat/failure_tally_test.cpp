#include "chat/failure_tally.h"

#include <gtest/gtest.h>

namespace parley::chat {
namespace {

using namespace std::chrono_literals;

TEST(FailureTally, ForgivesThreeInAnHour) {
  FailureTally tally;
  const base::SteadyTime now{};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(tally.forgive({1}, now + i * 1min));
  EXPECT_FALSE(tally.forgive({1}, now + 4min));
  EXPECT_TRUE(tally.forgive({2}, now + 4min)) << "another account";
  EXPECT_FALSE(tally.forgive({1}, now + 59min));
  EXPECT_TRUE(tally.forgive({1}, now + 60min)) << "the first is an hour old";
  EXPECT_FALSE(tally.forgive({1}, now + 60min));
}

TEST(FailureTally, RemembersSoManyAccounts) {
  FailureTally tally({.forgiven_max = 1, .accounts_max = 2});
  for (int account = 1; account <= 3; ++account) EXPECT_TRUE(tally.forgive({account}, {}));
  EXPECT_FALSE(tally.forgive({3}, {}));
  EXPECT_FALSE(tally.forgive({2}, {}));
  EXPECT_TRUE(tally.forgive({1}, {})) << "forgotten";
}

}  // namespace
}  // namespace parley::chat
