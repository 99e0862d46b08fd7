#include "app/metrics.h"

#include <gmock/gmock.h>

namespace parley::app {
namespace {

using testing::HasSubstr;

TEST(HoldsInTheMetrics, AreOfOneMomentOnEveryPage) {
  base::Metrics metrics;
  std::int64_t reads = 0;
  register_holds(metrics, [&reads] {
    ++reads;  // something happens between any two looks
    return store::HoldCounts{.taken = 6 * reads, .settled = 3 * reads, .released = 2 * reads, .open = reads};
  });
  for (const std::int64_t page : {1, 2, 3}) {
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("\nparley_holds_taken_total " + std::to_string(6 * page) + "\n"));
    EXPECT_THAT(text, HasSubstr("\nparley_holds_settled_total " + std::to_string(3 * page) + "\n"));
    EXPECT_THAT(text, HasSubstr("\nparley_holds_released_total " + std::to_string(2 * page) + "\n"));
    EXPECT_THAT(text, HasSubstr("\nparley_holds_open " + std::to_string(page) + "\n"));
  }
}

TEST(MetricsToken, IsKnownByItselfAlone) {
  Settings settings;
  EXPECT_FALSE(metrics_token_check(settings)) << "none is set";
  settings.metrics_token = "secret";
  const auto is_token = metrics_token_check(settings);
  EXPECT_TRUE(is_token("secret"));
  for (const char* other : {"", "secre", "secret ", "Secret"}) EXPECT_FALSE(is_token(other)) << other;
}

}  // namespace
}  // namespace parley::app
