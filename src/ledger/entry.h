#pragma once
// One line of the ledger, and the digest that chains it to the account's previous one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/tokens.h"

namespace parley::ledger {

/// Stored as these numbers; never renumber.
enum class EntryKind : std::uint8_t {
  grant = 1,       ///< the opening balance
  charge = 2,      ///< a turn, negative
  refund = 3,      ///< a charge given back
  credit = 4,      ///< tokens bought or given by the operator
  redemption = 5,  ///< a code redeemed
  adjustment = 6,  ///< a correction by the operator, either sign
};

/// The kind with this number, or nothing.
std::optional<EntryKind> entry_kind_from(std::int64_t number) noexcept;
std::string_view name_of(EntryKind kind) noexcept;

/// BLAKE2b-256.
using EntryDigest = std::array<std::byte, 32>;

struct Entry {
  base::EntryId id;
  base::AccountId account;
  std::int64_t sequence = 0;  ///< from 1, without gaps within the account
  EntryKind kind = EntryKind::grant;
  base::Tokens amount;  ///< signed
  base::Tokens balance_after;
  base::Timestamp time;
  EntryDigest digest{};

  /// A charge belongs to the turn that has its id; no other kind has one.
  base::TurnId turn() const noexcept { return {kind == EntryKind::charge ? id.value : 0}; }
};

/// The digest of `entry` after `previous` (all zero for an account's first): BLAKE2b-256 over "parley-entry-1" and,
/// little-endian and of fixed width, account, sequence, kind, amount, balance_after, time in ms, turn; then `previous`.
/// `entry.digest` itself plays no part. It shows accidents and partial edits. It is no defence against who owns the
/// file, who can compute digests too.
EntryDigest digest_of(const Entry& entry, const EntryDigest& previous) noexcept;

}  // namespace parley::ledger
