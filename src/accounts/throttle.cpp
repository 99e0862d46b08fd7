#include "accounts/throttle.h"

#include <algorithm>

namespace parley::accounts {

Throttle::Throttle(Rate rate, std::size_t keys_max) : rate_(rate), keys_max_(keys_max) {}

std::optional<std::chrono::milliseconds> Throttle::charge(const Key& key, base::SteadyTime now_exact) {
  const Time now = std::chrono::floor<std::chrono::milliseconds>(now_exact);
  forget_full(now);
  auto bucket = full_at_.find(key);
  const Time full_at = (bucket == full_at_.end() ? now : std::max(now, bucket->second)) + rate_.period;
  const auto wait = (full_at - now) - rate_.burst * rate_.period;
  if (wait > wait.zero()) return wait;
  if (bucket == full_at_.end()) {
    while (full_at_.size() >= keys_max_ && !by_time_.empty()) forget(full_at_.find(by_time_.begin()->second));
    bucket = full_at_.emplace(key, full_at).first;
    by_time_.emplace(full_at, key);
  } else {
    set(bucket, full_at);
  }
  return std::nullopt;
}

void Throttle::give_back(const Key& key) {
  if (const auto bucket = full_at_.find(key); bucket != full_at_.end()) set(bucket, bucket->second - rate_.period);
}

void Throttle::set(Buckets::iterator bucket, Time full_at) {
  by_time_.erase({bucket->second, bucket->first});
  bucket->second = full_at;
  by_time_.emplace(full_at, bucket->first);
}

void Throttle::forget(Buckets::iterator bucket) {
  by_time_.erase({bucket->second, bucket->first});
  full_at_.erase(bucket);
}

// Two for each one that may come: the map shrinks to what matters, and no call takes long.
void Throttle::forget_full(Time now) {
  for (int i = 0; i < 2 && !by_time_.empty() && by_time_.begin()->first <= now; ++i) {
    forget(full_at_.find(by_time_.begin()->second));
  }
}

}  // namespace parley::accounts
