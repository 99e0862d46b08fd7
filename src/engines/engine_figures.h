#pragma once
// What is counted of calls to an engine.

#include <chrono>
#include <string>

#include "base/error.h"
#include "base/metrics.h"

namespace parley::engines {

/// Writes to its series without a lock; `metrics` outlives it.
class EngineFigures {
 public:
  EngineFigures(base::Metrics& metrics, const std::string& engine);

  /// From the request to the first byte of a reply of any status; once for each try.
  void first_byte(std::chrono::nanoseconds after) const noexcept { first_byte_seconds_->observe(after); }
  void tried() const noexcept { tries_->add(); }
  void failed(base::ErrorCode code) const noexcept;

 private:
  base::Histogram* first_byte_seconds_;
  base::Counter* tries_;
  base::Counter* failed_;
  base::Counter* busy_;
  base::Counter* timeout_;
  base::Counter* refused_;
  base::Counter* other_;
};

}  // namespace parley::engines
