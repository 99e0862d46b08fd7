#pragma once
// Where an account's ledger stands, and the only way it moves on.

#include "base/error.h"
#include "ledger/entry.h"

namespace parley::ledger {

/// What the account's last entry says; all zero before the first.
struct Head {
  base::Tokens balance;
  std::int64_t sequence = 0;
  EntryDigest digest{};
};

struct Posting {
  base::EntryId id;
  base::AccountId account;
  EntryKind kind = EntryKind::grant;
  base::Tokens amount;  ///< signed
  base::Timestamp time;
};

/// A charge takes or leaves, an adjustment does one or the other, every other kind gives.
bool sign_fits(EntryKind kind, base::Tokens amount) noexcept;

/// The entry that `posting` makes of `head`: the next in sequence, with its balance and digest.
/// `invalid_input` where the balance would become negative or leave the range, or where the sign does not fit the kind.
base::Result<Entry> next_entry(const Head& head, const Posting& posting);

/// The head once `entry` stands.
Head head_after(const Entry& entry) noexcept;

}  // namespace parley::ledger
