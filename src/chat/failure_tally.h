#pragma once
// How often the engine failed an account in the middle of a stream of late: who could bring that about at will would
// read for nothing.

#include <chrono>
#include <cstddef>
#include <deque>
#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"

namespace parley::chat {

struct TallyLimits {
  std::size_t forgiven_max = 3;
  std::chrono::minutes window{60};
  std::size_t accounts_max = 10'000;  ///< remembered; beyond them the longest known is forgotten
};

/// Pure: time is passed in and must not go back. For one thread.
class FailureTally {
 public:
  explicit FailureTally(TallyLimits limits = {}) : limits_(limits) {}

  /// Notes a failure. True where it is forgiven: the account had fewer than `forgiven_max` within the window before it.
  bool forgive(base::AccountId account, base::SteadyTime now);

 private:
  TallyLimits limits_;
  std::unordered_map<base::AccountId, std::deque<base::SteadyTime>> failures_;
  std::deque<base::AccountId> by_age_;
};

}  // namespace parley::chat
