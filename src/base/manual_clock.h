#pragma once
// A clock that stands still until a test moves it.

#include <atomic>

#include "base/clock.h"

namespace parley::base {

class ManualClock final : public Clock {
 public:
  /// Starts at 2026-01-01T00:00:00Z.
  Timestamp now() const noexcept override { return start + std::chrono::milliseconds(passed_ms_.load()); }
  SteadyTime steady_now() const noexcept override {
    return SteadyTime() + std::chrono::hours(1) + std::chrono::milliseconds(passed_ms_.load());
  }
  void advance(std::chrono::milliseconds by) { passed_ms_ += by.count(); }

 private:
  static constexpr Timestamp start = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  std::atomic<std::int64_t> passed_ms_{0};
};

}  // namespace parley::base
