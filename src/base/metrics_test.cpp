#include "base/metrics.h"

#include <gmock/gmock.h>

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <thread>

namespace parley::base {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Metrics, ShowsCountersAndGaugesByNameWithHelpAndType) {
  Metrics metrics;
  metrics.gauge("parley_open", "What is open.").set(-3);
  metrics.counter("parley_done_total", "What was done.").add(7);
  EXPECT_EQ(metrics.text(),
            "# HELP parley_done_total What was done.\n"
            "# TYPE parley_done_total counter\n"
            "parley_done_total 7\n"
            "# HELP parley_open What is open.\n"
            "# TYPE parley_open gauge\n"
            "parley_open -3\n");
}

TEST(Metrics, ShowsSeriesOfOneNameTogetherInTheOrderOfTheirLabels) {
  Metrics metrics;
  metrics.counter("a_total", "A.", {{"route", "/z"}, {"method", "GET"}}).add(1);
  metrics.counter("b_total", "B.");
  metrics.counter("a_total", "A.", {{"method", "GET"}, {"route", "/a"}}).add(2);
  EXPECT_EQ(metrics.text(),
            "# HELP a_total A.\n"
            "# TYPE a_total counter\n"
            "a_total{method=\"GET\",route=\"/a\"} 2\n"
            "a_total{method=\"GET\",route=\"/z\"} 1\n"
            "# HELP b_total B.\n"
            "# TYPE b_total counter\n"
            "b_total 0\n");
}

TEST(Metrics, EscapesWhatWouldEndALineOrAValue) {
  Metrics metrics;
  metrics.gauge("g", "one\\two\nthree \"four\"", {{"label", "one\\two\nthree \"four\""}});
  EXPECT_EQ(metrics.text(),
            "# HELP g one\\\\two\\nthree \"four\"\n"
            "# TYPE g gauge\n"
            "g{label=\"one\\\\two\\nthree \\\"four\\\"\"} 0\n");
}

TEST(Metrics, ShowsAHistogramsBucketsCumulatively) {
  Metrics metrics;
  Histogram& sizes = metrics.histogram("sizes", "Sizes.", numbers({1, 8}), {{"of", "batch"}});
  for (const std::int64_t size : {0, 1, 2, 8, 9, 1000}) sizes.observe(size);
  EXPECT_EQ(metrics.text(),
            "# HELP sizes Sizes.\n"
            "# TYPE sizes histogram\n"
            "sizes_bucket{of=\"batch\",le=\"1\"} 2\n"
            "sizes_bucket{of=\"batch\",le=\"8\"} 4\n"
            "sizes_bucket{of=\"batch\",le=\"+Inf\"} 6\n"
            "sizes_sum{of=\"batch\"} 1020\n"
            "sizes_count{of=\"batch\"} 6\n");
}

TEST(Metrics, ShowsDurationsInSeconds) {
  Metrics metrics;
  Histogram& took = metrics.histogram("took_seconds", "Took.", durations({50us, 2500us, 1s, 10s}));
  took.observe(50us);
  took.observe(51us);
  took.observe(2s);
  EXPECT_EQ(metrics.text(),
            "# HELP took_seconds Took.\n"
            "# TYPE took_seconds histogram\n"
            "took_seconds_bucket{le=\"5e-05\"} 1\n"
            "took_seconds_bucket{le=\"0.0025\"} 2\n"
            "took_seconds_bucket{le=\"1\"} 2\n"
            "took_seconds_bucket{le=\"10\"} 3\n"
            "took_seconds_bucket{le=\"+Inf\"} 3\n"
            "took_seconds_sum 2.000101\n"
            "took_seconds_count 3\n");
}

TEST(Metrics, AsksForObservedValuesAtEachText) {
  Metrics metrics;
  double value = 0;
  metrics.observe("seen", "Seen.", MetricType::gauge, {}, [&value] { return value; });
  const auto shown = [&](double now) {
    value = now;
    const std::string text = metrics.text();
    return text.substr(text.rfind("seen ") + 5);
  };
  EXPECT_EQ(shown(0.25), "0.25\n");
  EXPECT_EQ(shown(1'760'000'000), "1760000000\n");
  EXPECT_EQ(shown(-1e300), "-1e+300\n");
  EXPECT_EQ(shown(std::numeric_limits<double>::infinity()), "+Inf\n");
  EXPECT_EQ(shown(-std::numeric_limits<double>::infinity()), "-Inf\n");
  EXPECT_EQ(shown(std::numeric_limits<double>::quiet_NaN()), "NaN\n");
}

TEST(Metrics, PreparesOnceForAllValuesOfOneText) {
  Metrics metrics;
  int prepared = 0;
  for (const char* name : {"a", "b"}) {
    metrics.observe(name, "Same.", MetricType::gauge, {}, [&prepared] { return prepared; });
  }
  metrics.on_text([&prepared] { ++prepared; });
  EXPECT_THAT(metrics.text(), testing::AllOf(HasSubstr("\na 1\n"), HasSubstr("\nb 1\n")));
  EXPECT_THAT(metrics.text(), testing::AllOf(HasSubstr("\na 2\n"), HasSubstr("\nb 2\n")));
}

TEST(Metrics, RefusesNamesThatPrometheusDoes) {
  Metrics metrics;
  for (const char* name : {"", "1a", "a-b", "a b", "a\n", "ä"}) {
    EXPECT_THROW(metrics.gauge(name, "Help."), std::logic_error) << name;
  }
  for (const char* label : {"", "1a", "a-b", "a:b", "__a", "le"}) {
    EXPECT_THROW(metrics.gauge("a", "Help.", {{label, "value"}}), std::logic_error) << label;
  }
  EXPECT_THROW(metrics.gauge("a", "Help.", {{"x", "1"}, {"x", "2"}}), std::logic_error);
  EXPECT_THROW(metrics.counter("counted", "Help."), std::logic_error);
}

TEST(Metrics, RefusesASeriesThatIsThereAndAFamilyThatDiffers) {
  Metrics metrics;
  metrics.counter("a_total", "Help.", {{"x", "1"}, {"y", "2"}});
  EXPECT_THROW(metrics.counter("a_total", "Help.", {{"y", "2"}, {"x", "1"}}), std::logic_error);
  EXPECT_THROW(metrics.gauge("a_total", "Help.", {{"x", "3"}}), std::logic_error);
  EXPECT_THROW(metrics.counter("a_total", "Another help.", {{"x", "3"}}), std::logic_error);
  metrics.counter("a_total", "Help.", {{"x", "3"}});
}

TEST(Metrics, RefusesAFamilyWhoseLinesAnotherHas) {
  Metrics metrics;
  metrics.gauge("sizes_count", "Help.");
  EXPECT_THROW(metrics.histogram("sizes", "Help.", numbers({1})), std::logic_error);
  metrics.histogram("times", "Help.", numbers({1}));
  EXPECT_THROW(metrics.gauge("times_sum", "Help."), std::logic_error);
}

TEST(Metrics, RefusesBoundsThatDoNotRise) {
  EXPECT_THROW(Histogram(numbers({})), std::logic_error);
  EXPECT_THROW(Histogram(numbers({1, 1})), std::logic_error);
  EXPECT_THROW(Histogram(numbers({2, 1})), std::logic_error);
  EXPECT_THROW(Histogram(numbers(std::vector<std::int64_t>(Histogram::bounds_max + 1))), std::logic_error);
  EXPECT_NO_THROW(Histogram{request_durations()});
}

TEST(Metrics, KeepsEverySeriesWhereItIsOnCacheLinesOfItsOwn) {
  Metrics metrics;
  Counter& first = metrics.counter("first_total", "Help.");
  const auto address = reinterpret_cast<std::uintptr_t>(&first);
  for (int index = 0; index < 100; ++index) metrics.counter("n" + std::to_string(index) + "_total", "Help.");
  first.add();
  EXPECT_THAT(metrics.text(), HasSubstr("\nfirst_total 1\n"));
  EXPECT_EQ(address % cache_line_bytes, 0U);
  EXPECT_EQ(sizeof(Counter), cache_line_bytes);
}

TEST(Metrics, LosesNothingThatThreadsCountWhileThePageIsRead) {
  constexpr std::uint64_t rounds = 20'000;
  constexpr std::uint64_t threads = 4;
  Metrics metrics;
  Counter& counter = metrics.counter("c_total", "Help.");
  Gauge& gauge = metrics.gauge("g", "Help.");
  Histogram& histogram = metrics.histogram("h", "Help.", numbers({0, 1, 2}));
  std::uint64_t prepared = 0;
  metrics.on_text([&prepared] { ++prepared; });
  {
    std::vector<std::jthread> running;
    for (std::uint64_t thread = 0; thread < threads; ++thread) {
      running.emplace_back([&] {
        for (std::uint64_t round = 0; round < rounds; ++round) {
          counter.add();
          gauge.add(round % 2 == 0 ? 1 : -1);
          histogram.observe(static_cast<std::int64_t>(round % 4));
          if (round % 1000 == 0) metrics.text();
        }
      });
    }
  }
  EXPECT_EQ(counter.value(), threads * rounds);
  EXPECT_EQ(gauge.value(), 0);
  EXPECT_EQ(histogram.counts(), std::vector<std::uint64_t>(4, threads * rounds / 4));
  EXPECT_EQ(histogram.sum(), static_cast<std::int64_t>(threads * rounds / 4 * 6));
  EXPECT_EQ(prepared, threads * rounds / 1000);
}

}  // namespace
}  // namespace parley::base
