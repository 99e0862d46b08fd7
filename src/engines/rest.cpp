#include "engines/rest.h"

#include <algorithm>

#include "engines/verdict.h"

namespace parley::engines {

base::Result<Rest::Pass> Rest::admit() {
  const Ticks until = state_->rests_until.load();
  if (until == awake) return Pass(state_, false);
  const base::SteadyTime::duration left(until - state_->now());
  if (left.count() > 0) return engine_busy("the engine rests", std::chrono::ceil<std::chrono::seconds>(left));
  if (state_->probed.exchange(true)) return engine_busy("the engine is tried after its rest", std::nullopt);
  state_->complained = false;
  return Pass(state_, true);
}

Rest::Ticks Rest::State::end_of_rest() const noexcept {
  return now() + std::chrono::duration_cast<base::SteadyTime::duration>(limits.duration).count();
}

Rest::Pass::~Pass() {
  if (state_ && probe_) state_->probed = false;
}

void Rest::Pass::succeeded() noexcept {
  state_->failures_in_a_row = 0;
  state_->rests_until = awake;
  state_->complained = false;
}

void Rest::Pass::asked_patience(std::chrono::seconds patience) noexcept {
  const base::SteadyTime::duration rest = std::min(patience, state_->limits.asked_max);
  Ticks expected = awake;
  state_->rests_until.compare_exchange_strong(expected, state_->now() + rest.count());
}

void Rest::Pass::failed() noexcept {
  const int failures = ++state_->failures_in_a_row;
  if (probe_) {
    state_->rests_until = state_->end_of_rest();
  } else if (failures >= state_->limits.failures_in_a_row_max) {
    // Calls that began before the rest and fail during it don't prolong it.
    Ticks expected = awake;
    state_->rests_until.compare_exchange_strong(expected, state_->end_of_rest());
  }
}

}  // namespace parley::engines
