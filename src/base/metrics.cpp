#include "base/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace parley::base {
namespace {

std::string_view name_of(MetricType type) noexcept {
  switch (type) {
    case MetricType::counter: return "counter";
    case MetricType::gauge: return "gauge";
    case MetricType::histogram: return "histogram";
  }
  return "untyped";
}

constexpr bool letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_metric_name(std::string_view name) {
  const auto first = [](char c) { return letter(c) || c == ':'; };
  return !name.empty() && first(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return first(c) || digit(c); });
}

/// Names with two underscores in front are Prometheus's own; `le` is a bucket's bound.
bool is_label_name(std::string_view name) {
  return !name.empty() && letter(name.front()) && !name.starts_with("__") && name != "le" &&
         std::ranges::all_of(name, [](char c) { return letter(c) || digit(c); });
}

void append_escaped(std::string& out, std::string_view text, bool quotes_too) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && quotes_too)) out += '\\';
    out += c;
  }
}

/// `name="value",…`, by name: two orders of the same labels are one series.
std::string shown(MetricLabels labels) {
  std::ranges::sort(labels);
  std::string out;
  std::string_view last;
  for (const auto& [name, value] : labels) {
    if (!is_label_name(name)) throw std::logic_error("no name for a metric's label: \"" + name + "\"");
    if (name == last) throw std::logic_error("a metric has two labels \"" + name + "\"");
    last = name;
    if (!out.empty()) out += ',';
    out += name + "=\"";
    append_escaped(out, value, true);
    out += '"';
  }
  return out;
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

/// Whole numbers without an exponent: people read this page, too.
void append_value(std::string& out, double value) {
  constexpr double exact_max = 9007199254740992.0;  // 2^53
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else if (std::abs(value) < exact_max && value == std::trunc(value)) {
    append_number(out, static_cast<std::int64_t>(value));
  } else {
    append_number(out, value);
  }
}

void append_in_units(std::string& out, std::int64_t value, std::int64_t per_unit) {
  if (per_unit == 1) return append_number(out, value);
  append_value(out, static_cast<double>(value) / static_cast<double>(per_unit));
}

/// What comes before a line's value: `name_suffix{labels,more} `.
void append_line_start(std::string& out, std::string_view name, std::string_view suffix, std::string_view labels,
                       std::string_view more = {}) {
  out += name;
  out += suffix;
  if (!labels.empty() || !more.empty()) {
    out += '{';
    out += labels;
    if (!labels.empty() && !more.empty()) out += ',';
    out += more;
    out += '}';
  }
  out += ' ';
}

/// The count is that of the buckets as they were read, so that it never differs from the last bucket's.
void append_histogram(std::string& out, std::string_view name, std::string_view labels, const Histogram& histogram) {
  const Buckets& buckets = histogram.buckets();
  const std::vector<std::uint64_t> counts = histogram.counts();
  std::uint64_t total = 0;
  for (std::size_t index = 0; index < counts.size(); ++index) {
    total += counts[index];
    std::string bound = "le=\"";
    if (index < buckets.bounds.size()) {
      append_in_units(bound, buckets.bounds[index], buckets.per_unit);
    } else {
      bound += "+Inf";
    }
    append_line_start(out, name, "_bucket", labels, bound += '"');
    append_number(out, total);
    out += '\n';
  }
  append_line_start(out, name, "_sum", labels);
  append_in_units(out, histogram.sum(), buckets.per_unit);
  out += '\n';
  append_line_start(out, name, "_count", labels);
  append_number(out, total);
  out += '\n';
}

/// Appends the lines of one series, whatever it is.
struct SeriesWriter {
  std::string& out;
  std::string_view name;
  std::string_view labels;

  void operator()(const std::unique_ptr<Counter>& counter) const {
    line(counter->value(), &append_number<std::uint64_t>);
  }
  void operator()(const std::unique_ptr<Gauge>& gauge) const { line(gauge->value(), &append_number<std::int64_t>); }
  void operator()(const std::function<double()>& read) const { line(read(), &append_value); }
  void operator()(const std::unique_ptr<Histogram>& histogram) const {
    append_histogram(out, name, labels, *histogram);
  }

  template <class Number>
  void line(Number value, void (*append)(std::string&, Number)) const {
    append_line_start(out, name, "", labels);
    append(out, value);
    out += '\n';
  }
};

}  // namespace

Buckets numbers(std::vector<std::int64_t> bounds) {
  return {.bounds = std::move(bounds)};
}

Buckets durations(const std::vector<std::chrono::nanoseconds>& bounds) {
  Buckets buckets{.bounds = {}, .per_unit = std::nano::den};
  buckets.bounds.reserve(bounds.size());
  for (const std::chrono::nanoseconds bound : bounds) buckets.bounds.push_back(bound.count());
  return buckets;
}

Buckets request_durations() {
  using namespace std::chrono_literals;
  return durations({50us, 100us, 250us, 500us, 1ms, 2500us, 5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 5s,
                    10s, 30s, 60s});
}

Histogram::Histogram(Buckets buckets) : buckets_(std::move(buckets)) {
  const auto& bounds = buckets_.bounds;
  if (bounds.empty() || bounds.size() > bounds_max) throw std::logic_error("a histogram with no bounds or too many");
  if (std::ranges::adjacent_find(bounds, std::greater_equal()) != bounds.end()) {
    throw std::logic_error("a histogram's bounds don't rise");
  }
}

void Histogram::observe(std::int64_t value) noexcept {
  const auto bucket = std::ranges::lower_bound(buckets_.bounds, value) - buckets_.bounds.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::counts() const {
  std::vector<std::uint64_t> counts(buckets_.bounds.size() + 1);
  for (std::size_t index = 0; index < counts.size(); ++index) {
    counts[index] = counts_[index].load(std::memory_order_relaxed);
  }
  return counts;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, MetricLabels labels) {
  if (!name.ends_with("_total")) throw std::logic_error("a counter's name ends in _total: " + std::string(name));
  return *std::get<std::unique_ptr<Counter>>(
      add(name, help, MetricType::counter, std::move(labels), std::make_unique<Counter>()));
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, MetricLabels labels) {
  return *std::get<std::unique_ptr<Gauge>>(
      add(name, help, MetricType::gauge, std::move(labels), std::make_unique<Gauge>()));
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, Buckets buckets, MetricLabels labels) {
  return *std::get<std::unique_ptr<Histogram>>(
      add(name, help, MetricType::histogram, std::move(labels), std::make_unique<Histogram>(std::move(buckets))));
}

void Metrics::observe(std::string_view name, std::string_view help, MetricType type, MetricLabels labels,
                      std::function<double()> read) {
  if (type == MetricType::histogram) throw std::logic_error("a histogram has no one value: " + std::string(name));
  if (!read) throw std::logic_error("nothing to read for " + std::string(name));
  add(name, help, type, std::move(labels), std::move(read));
}

void Metrics::on_text(std::function<void()> prepare) {
  preparations_.push_back(std::move(prepare));
}

Metrics::Value& Metrics::add(std::string_view name, std::string_view help, MetricType type, MetricLabels labels,
                             Value value) {
  std::string key = shown(std::move(labels));
  const auto [at, added] = family(name, help, type).series.try_emplace(std::move(key), std::move(value));
  if (!added) throw std::logic_error("a metric is there already: " + std::string(name) + "{" + at->first + "}");
  return at->second;
}

Metrics::Family& Metrics::family(std::string_view name, std::string_view help, MetricType type) {
  if (const auto known = families_.find(name); known != families_.end()) {
    if (known->second.type == type && known->second.help == help) return known->second;
    throw std::logic_error("a metric with two types or two helps: " + std::string(name));
  }
  if (!is_metric_name(name)) throw std::logic_error("no name for a metric: \"" + std::string(name) + "\"");
  const auto suffixes = type == MetricType::histogram ? std::vector<std::string>{"", "_bucket", "_sum", "_count"}
                                                      : std::vector<std::string>{""};
  for (const std::string& suffix : suffixes) {
    if (!line_names_.insert(std::string(name) + suffix).second) {
      throw std::logic_error("another metric has lines of this name: " + std::string(name) + suffix);
    }
  }
  return families_.emplace(name, Family{.type = type, .help = std::string(help), .series = {}}).first->second;
}

std::string Metrics::text() const {
  const std::lock_guard one_at_a_time(text_mutex_);
  for (const auto& prepare : preparations_) prepare();

  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + ' ';
    append_escaped(out, family.help, false);
    out += "\n# TYPE " + name + ' ';
    out += name_of(family.type);
    out += '\n';
    for (const auto& [labels, value] : family.series) {
      std::visit(SeriesWriter{.out = out, .name = name, .labels = labels}, value);
    }
  }
  return out;
}

}  // namespace parley::base
