#pragma once
// A token bucket for each key: so many at once, then one per period. Kept as GCRA does (ITU-T I.371, annex A): one time
// for each key, when its bucket will be full again.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.h"
#include "crypto/digest.h"

namespace parley::accounts {

struct Rate {
  std::int32_t burst = 1;              ///< how many at once
  std::chrono::milliseconds period{};  ///< until one more
};

/// Pure: time is passed in and must not go back. For one thread.
class Throttle {
 public:
  using Key = crypto::Digest;

  /// Remembers at most `keys_max` keys. Beyond that it forgets the bucket that is full first: it has least to tell.
  Throttle(Rate rate, std::size_t keys_max);

  /// Takes one from the key's bucket; or, where that is empty, takes nothing and says how long until there is one.
  std::optional<std::chrono::milliseconds> charge(const Key& key, base::SteadyTime now);

  /// Undoes one charge.
  void give_back(const Key& key);

  /// Keys remembered.
  std::size_t size() const noexcept { return full_at_.size(); }

 private:
  /// In milliseconds no setting can overflow.
  using Time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::milliseconds>;
  using Buckets = std::map<Key, Time>;

  void set(Buckets::iterator bucket, Time full_at);
  void forget(Buckets::iterator bucket);
  void forget_full(Time now);

  Rate rate_;
  std::size_t keys_max_;
  Buckets full_at_;
  std::set<std::pair<Time, Key>> by_time_;
};

}  // namespace parley::accounts
