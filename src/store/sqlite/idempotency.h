#pragma once
// What an idempotency key stands for: a request in flight, a settled turn, or nothing yet. Keys in flight live in the
// books with their holds; those of settled turns in the tables, for a while.

#include "store/sqlite/session.h"
#include "store/store.h"

namespace parley::store::sqlite {

/// How long a settled turn's key is remembered: twice what is promised, so that clocks may be set meanwhile.
inline constexpr std::chrono::hours idempotency_kept = 2 * idempotency_kept_min;

/// The Replay of the turn that was settled with the key, or nothing where the key is free. `mismatch`, `conflict` and
/// `gone` as Store::hold().
base::Result<std::optional<Replay>> find_replay(Session& session, const Account& account,
                                                const Idempotency& idempotency);

/// Remembers that the key's turn was settled, and forgets a few keys that are too old.
base::Result<void> remember_turn(Session& session, const Idempotency& idempotency, const ledger::Entry& charge,
                                 base::Tokens available, std::string_view answer);

}  // namespace parley::store::sqlite
