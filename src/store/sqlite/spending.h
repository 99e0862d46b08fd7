#pragma once
// What an account was charged, in all and today: counted once, from its entries, then kept up with each charge.

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/tokens.h"
#include "store/sqlite/records.h"

namespace parley::store::sqlite {

/// A day as daily limits mean it: UTC.
using Day = std::chrono::sys_days;

inline Day day_of(base::Timestamp time) noexcept {
  return std::chrono::floor<std::chrono::days>(time);
}

/// How many entries one step of counting looks at: other operations go between two steps.
inline constexpr std::int32_t entries_counted_at_once_max = 2'000;

/// Counts backwards from the newest entry, as far as it is asked to, in steps. What is not counted yet is missing in
/// the sums.
class Spending {
 public:
  /// Of an account without entries.
  Spending() = default;
  /// Nothing is counted yet of what there is up to this sequence.
  Spending(Day day, std::int64_t last_sequence) noexcept;

  /// Counts on, until all charges of `day` are counted; begins anew where that isn't the day that it knows. True once
  /// all are. Entries of later days, which a clock that was set back leaves behind, don't count.
  base::Result<bool> count_day(Records& records, base::AccountId account, Day day, std::int64_t last_sequence);
  bool day_counted(Day day) const noexcept { return day_ == day && day_uncounted_ == 0; }
  /// Counts on, until all charges are counted. True once all are.
  base::Result<bool> count_all(Records& records, base::AccountId account);

  bool all_counted() const noexcept { return all_uncounted_ == 0; }

  /// Adds a charge that was just written. False where it is of another day than the one that is known, so that the day
  /// must be counted anew.
  bool add(base::Tokens charge, Day day, std::optional<base::KeyId> key);

  Day day() const noexcept { return day_; }
  base::Tokens of_day() const noexcept { return of_day_; }
  base::Tokens of_day(base::KeyId key) const noexcept;
  base::Tokens in_all() const noexcept { return in_all_; }

 private:
  struct OfKey {
    base::KeyId key;
    base::Tokens spent;
  };
  void add_to_day(base::Tokens charge, std::optional<base::KeyId> key);

  Day day_{};
  base::Tokens of_day_;
  std::vector<OfKey> of_day_by_key_;
  base::Tokens in_all_;
  /// The sequences up to these were not looked at; 0 where nothing is left to be.
  std::int64_t day_uncounted_ = 0;
  std::int64_t all_uncounted_ = 0;
};

}  // namespace parley::store::sqlite
