#include "app/metrics.h"

#include <memory>
#include <utility>

#include "app/version.h"
#include "base/process_figures.h"
#include "crypto/digest.h"

namespace parley::app {
namespace {

using enum base::MetricType;

}  // namespace

void register_holds(base::Metrics& metrics, std::function<store::HoldCounts()> read) {
  const auto counts = std::make_shared<store::HoldCounts>();
  metrics.on_text([counts, read = std::move(read)] { *counts = read(); });
  const auto show = [&](std::string_view name, std::string_view help, base::MetricType type,
                        std::int64_t store::HoldCounts::* member) {
    metrics.observe(name, help, type, {}, [counts, member] { return static_cast<double>((*counts).*member); });
  };
  show("parley_holds_taken_total", "Holds taken.", counter, &store::HoldCounts::taken);
  show("parley_holds_settled_total", "Holds that ended with a charge.", counter, &store::HoldCounts::settled);
  show("parley_holds_released_total", "Holds that ended without a charge.", counter, &store::HoldCounts::released);
  show("parley_holds_open", "Holds of requests in flight.", gauge, &store::HoldCounts::open);
}

void register_metrics(base::Metrics& metrics, const store::Store& store, const async::OffloadPool& hashing,
                      const http::Server& server) {
  metrics.gauge("parley_build_info", "Always 1; the version is in the label.", {{"version", std::string(version)}})
      .set(1);
  base::register_process_figures(metrics);
  register_holds(metrics, [&store] { return store.hold_counts(); });
  metrics.observe("parley_store_writable", "1 while the store can commit, else 0.", gauge, {},
                  [&store] { return store.writable() ? 1.0 : 0.0; });
  metrics.observe("parley_hashing_queued_jobs", "Password hashes that wait for a thread.", gauge, {},
                  [&hashing] { return static_cast<double>(hashing.queued()); });
  metrics.observe("parley_hashing_busy_threads", "Threads that hash a password.", gauge, {},
                  [&hashing] { return static_cast<double>(hashing.busy()); });
  metrics.observe("parley_http_connections", "Open connections of clients.", gauge, {},
                  [&server] { return static_cast<double>(server.connections()); });
}

api::MetricsTokenCheck metrics_token_check(const Settings& settings) {
  if (settings.metrics_token.empty()) return nullptr;
  return [digest = crypto::digest_of(settings.metrics_token)](std::string_view presented) {
    return crypto::equal(crypto::digest_of(presented), digest);
  };
}

}  // namespace parley::app
