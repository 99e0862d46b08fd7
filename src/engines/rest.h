#pragma once
// When an engine is left alone: after it failed several times in a row it rests, then one request tries it.
// Shared by all loops without a lock.

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace parley::engines {

struct RestLimits {
  int failures_in_a_row_max = 5;
  std::chrono::milliseconds duration{10'000};
  std::chrono::seconds asked_max{60};  ///< what a server may ask for
};

class Rest {
  struct State;

 public:
  /// Leave for one call. What becomes of the call is said with succeeded() or failed(); a pass that ends without a word
  /// (a cancelled call, a refused request) says nothing about the engine. It may outlive the engine, as the frame of a
  /// call does that is destroyed with its loop.
  class Pass {
   public:
    Pass(Pass&&) noexcept = default;
    Pass& operator=(Pass&&) = delete;
    ~Pass();
    void succeeded() noexcept;
    void failed() noexcept;
    /// The engine's server asked to be left alone; it rests as long, up to RestLimits::asked_max.
    void asked_patience(std::chrono::seconds patience) noexcept;

   private:
    friend class Rest;
    Pass(std::shared_ptr<State> state, bool probe) noexcept : state_(std::move(state)), probe_(probe) {}
    std::shared_ptr<State> state_;
    bool probe_;
  };

  Rest(const base::Clock& clock, RestLimits limits) : state_(std::make_shared<State>(clock, limits)) {}

  /// `engine_busy` at once while the engine rests, or while one request tries it after its rest.
  base::Result<Pass> admit();

  /// True once for each rest (and once before the first), for complaints that would repeat themselves.
  bool first_complaint() noexcept { return !state_->complained.exchange(true); }

 private:
  using Ticks = base::SteadyTime::rep;
  static constexpr Ticks awake = 0;

  struct State {
    State(const base::Clock& its_clock, RestLimits its_limits) : clock(its_clock), limits(its_limits) {}
    Ticks now() const noexcept { return clock.steady_now().time_since_epoch().count(); }
    Ticks end_of_rest() const noexcept;

    const base::Clock& clock;
    const RestLimits limits;
    std::atomic<int> failures_in_a_row{0};
    std::atomic<Ticks> rests_until{awake};
    std::atomic<bool> probed{false};
    std::atomic<bool> complained{false};
  };

  std::shared_ptr<State> state_;
};

}  // namespace parley::engines
