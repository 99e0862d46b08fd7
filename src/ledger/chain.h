#pragma once
// Whether stored entries are the chain that next_entry() would have made.

#include <string>
#include <string_view>
#include <vector>

#include "ledger/head.h"

namespace parley::ledger {

/// What holds of the entries of every account.
enum class ChainRule {
  sequence,      ///< from 1, without gaps
  balance,       ///< each balance_after is the one before plus the amount
  not_negative,  ///< no balance is below zero
  kind,          ///< the kind exists, and the amount's sign fits it
  digest,        ///< each digest is that of the entry and the digest before
  sum,           ///< the amounts add up to the last balance_after
};

/// In words: "sequence without gaps".
std::string_view name_of(ChainRule rule) noexcept;

/// Fed the entries of one account in order of sequence, it says what is wrong. After a violation it goes on from what
/// is stored, so that one fault is reported where it is and not again at every entry after it.
class ChainChecker {
 public:
  /// The rules that `entry` breaks as the successor of the one before. After a gap only the gap is reported: what came
  /// before is not known.
  std::vector<ChainRule> next(const Entry& entry);

  /// The rules that the entries break as a whole; to be asked after the last.
  std::vector<ChainRule> end() const;

  /// What the last entry says; all zero before the first.
  const Head& head() const noexcept { return head_; }

 private:
  Head head_;
  std::optional<base::Tokens> sum_ = base::Tokens();  ///< nothing once it left the range
};

}  // namespace parley::ledger
