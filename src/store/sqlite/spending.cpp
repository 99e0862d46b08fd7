#include "store/sqlite/spending.h"

#include <algorithm>

namespace parley::store::sqlite {
namespace {

/// What can't be told exactly any more is beyond every limit.
base::Tokens sum(base::Tokens left, base::Tokens right) {
  return left.plus(right).value_or(base::Tokens::from(base::Tokens::count_max).value());
}

}  // namespace

Spending::Spending(Day day, std::int64_t last_sequence) noexcept
    : day_(day), day_uncounted_(last_sequence), all_uncounted_(last_sequence) {}

base::Result<bool> Spending::count_day(Records& records, base::AccountId account, Day day, std::int64_t last_sequence) {
  if (day_ != day) {
    day_ = day;
    of_day_ = {};
    of_day_by_key_.clear();
    day_uncounted_ = last_sequence;
  }
  if (day_uncounted_ == 0) return true;
  TRY_VOID(records.visit_entries(account, day_uncounted_, entries_counted_at_once_max, [&](const EntryOutline& entry) {
    const Day entry_day = day_of(entry.time);
    if (entry.is_charge && entry_day == day) add_to_day(entry.amount.negated(), entry.key);
    day_uncounted_ = entry_day < day ? 0 : entry.sequence - 1;
    return day_uncounted_ != 0;
  }));
  return day_uncounted_ == 0;
}

base::Result<bool> Spending::count_all(Records& records, base::AccountId account) {
  if (all_uncounted_ == 0) return true;
  TRY_VOID(records.visit_entries(account, all_uncounted_, entries_counted_at_once_max, [&](const EntryOutline& entry) {
    if (entry.is_charge) in_all_ = sum(in_all_, entry.amount.negated());
    all_uncounted_ = entry.sequence - 1;
    return true;
  }));
  return all_uncounted_ == 0;
}

bool Spending::add(base::Tokens charge, Day day, std::optional<base::KeyId> key) {
  in_all_ = sum(in_all_, charge);
  if (day != day_) return false;
  add_to_day(charge, key);
  return true;
}

base::Tokens Spending::of_day(base::KeyId key) const noexcept {
  const auto found = std::ranges::find(of_day_by_key_, key, &OfKey::key);
  return found != of_day_by_key_.end() ? found->spent : base::Tokens();
}

void Spending::add_to_day(base::Tokens charge, std::optional<base::KeyId> key) {
  of_day_ = sum(of_day_, charge);
  if (!key) return;
  const auto found = std::ranges::find(of_day_by_key_, *key, &OfKey::key);
  if (found == of_day_by_key_.end()) {
    of_day_by_key_.push_back({.key = *key, .spent = charge});
  } else {
    found->spent = sum(found->spent, charge);
  }
}

}  // namespace parley::store::sqlite
