#pragma once
// What the server counts and measures, and the page on which Prometheus reads it. Parts register what they have at the
// start, keep the references and write to them without a lock. The only place that knows Prometheus's text format.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace parley::base {

/// Each series on cache lines of its own: two that different threads write don't slow each other.
inline constexpr std::size_t cache_line_bytes = 64;

/// What only rises. Safe from any thread.
class alignas(cache_line_bytes) Counter {
 public:
  void add(std::uint64_t count = 1) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What rises and falls. Safe from any thread.
class alignas(cache_line_bytes) Gauge {
 public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t change) noexcept { value_.fetch_add(change, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// The upper bounds of a histogram's buckets, rising; the bucket without a bound comes on top.
struct Buckets {
  std::vector<std::int64_t> bounds;
  std::int64_t per_unit = 1;  ///< how many of what is observed make one of what is shown
};

/// For whole numbers, shown as they are.
Buckets numbers(std::vector<std::int64_t> bounds);
/// For durations: kept in nanoseconds, shown in seconds.
Buckets durations(const std::vector<std::chrono::nanoseconds>& bounds);
/// Durations from 50 µs to 60 s: for what is done for a request, an engine's answer included.
Buckets request_durations();

/// How often a value fell into each bucket, and the sum of the values. Safe from any thread.
class alignas(cache_line_bytes) Histogram {
 public:
  static constexpr std::size_t bounds_max = 31;

  /// Throws std::logic_error where the bounds don't rise, or are none or too many.
  explicit Histogram(Buckets buckets);

  /// A value equal to a bound is within it.
  void observe(std::int64_t value) noexcept;
  void observe(std::chrono::nanoseconds duration) noexcept { observe(std::int64_t{duration.count()}); }

  /// How often each bucket was hit, in the bounds' order, the one without a bound last.
  std::vector<std::uint64_t> counts() const;
  std::int64_t sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
  const Buckets& buckets() const noexcept { return buckets_; }

 private:
  Buckets buckets_;
  alignas(cache_line_bytes) std::atomic<std::int64_t> sum_{0};
  std::array<std::atomic<std::uint64_t>, bounds_max + 1> counts_{};
};

enum class MetricType { counter, gauge, histogram };

/// Name and value. Values come from the program, never from a request: each is a series that stays.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// Owns every series and writes the page. What it returns stays where it is for as long as this object. Register
/// everything from one thread before the first text(); what callbacks refer to must be there at each text().
///
/// Series of one name are one family and are shown together. Registering throws std::logic_error where a name is none
/// of Prometheus's, a series is there already, or a family would get a second type or help.
class Metrics {
 public:
  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// `name` ends in "_total".
  Counter& counter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, Buckets buckets, MetricLabels labels = {});

  /// A counter or gauge that is asked for its value at each text(). `read` must not throw.
  void observe(std::string_view name, std::string_view help, MetricType type, MetricLabels labels,
               std::function<double()> read);
  /// Called at the start of each text(), before anything is read and one text() at a time: where several values have to
  /// be of one moment, it takes them together.
  void on_text(std::function<void()> prepare);

  /// The page in Prometheus's text format 0.0.4, families and series in the order of their names. Safe from any thread.
  std::string text() const;

 private:
  using Value = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>,
                             std::function<double()>>;
  struct Family {
    MetricType type = MetricType::counter;
    std::string help;
    std::map<std::string, Value> series;  ///< by their labels as they are shown
  };

  Value& add(std::string_view name, std::string_view help, MetricType type, MetricLabels labels, Value value);
  Family& family(std::string_view name, std::string_view help, MetricType type);

  std::map<std::string, Family, std::less<>> families_;
  std::set<std::string, std::less<>> line_names_;  ///< of all families, a histogram's three included
  std::vector<std::function<void()>> preparations_;
  mutable std::mutex text_mutex_;
};

/// What the page is served as.
inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace parley::base
