#pragma once
// Time is passed in, so that tests decide what it is.

#include <chrono>

namespace parley::base {

/// Wall-clock time as it is stored and shown.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;
/// For deadlines and rates: never jumps.
using SteadyTime = std::chrono::steady_clock::time_point;

/// Safe to call from any thread.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  virtual Timestamp now() const noexcept = 0;
  virtual SteadyTime steady_now() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady_now() const noexcept override { return std::chrono::steady_clock::now(); }
};

}  // namespace parley::base
