#include "engines/engine_figures.h"

namespace parley::engines {
namespace {

base::Counter& failures(base::Metrics& metrics, const std::string& engine, base::ErrorCode code) {
  return metrics.counter("parley_engine_failures_total", "Calls to an engine that ended without a reply, by why.",
                         {{"engine", engine}, {"error", std::string(base::name_of(code))}});
}

}  // namespace

EngineFigures::EngineFigures(base::Metrics& metrics, const std::string& engine)
    : first_byte_seconds_(&metrics.histogram("parley_engine_first_byte_seconds",
                                             "From a request to an engine to the first byte of its reply.",
                                             base::request_durations(), {{"engine", engine}})),
      tries_(
          &metrics.counter("parley_engine_tries_total", "Requests sent to an engine, each try.", {{"engine", engine}})),
      failed_(&failures(metrics, engine, base::ErrorCode::engine_failed)),
      busy_(&failures(metrics, engine, base::ErrorCode::engine_busy)),
      timeout_(&failures(metrics, engine, base::ErrorCode::engine_timeout)),
      refused_(&failures(metrics, engine, base::ErrorCode::engine_refused)),
      other_(&failures(metrics, engine, base::ErrorCode::overloaded)) {}

void EngineFigures::failed(base::ErrorCode code) const noexcept {
  switch (code) {
    case base::ErrorCode::engine_failed: return failed_->add();
    case base::ErrorCode::engine_busy: return busy_->add();
    case base::ErrorCode::engine_timeout: return timeout_->add();
    case base::ErrorCode::engine_refused: return refused_->add();
    default: return other_->add();
  }
}

}  // namespace parley::engines
