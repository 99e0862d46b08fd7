#pragma once
// What the parts tell when they are asked, shown for Prometheus; what they count themselves they register themselves.

#include <functional>

#include "api/metrics_handlers.h"
#include "app/settings.h"
#include "async/offload_pool.h"
#include "base/metrics.h"
#include "http/server.h"
#include "store/store.h"

namespace parley::app {

/// Registers the counts of holds, read once for each page: taken = settled + released + open on every one.
void register_holds(base::Metrics& metrics, std::function<store::HoldCounts()> read);

/// Registers version, process, holds, readiness, hashing and connections. The parts outlive every text().
void register_metrics(base::Metrics& metrics, const store::Store& store, const async::OffloadPool& hashing,
                      const http::Server& server);

/// Knows the operator's token by its digest; empty where none is set.
api::MetricsTokenCheck metrics_token_check(const Settings& settings);

}  // namespace parley::app
