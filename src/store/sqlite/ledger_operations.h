#pragma once
// Operations on balances and holds, as the writer runs them. Each keeps Store's contract for the operation of its name,
// checks everything before its first write, and may be run again after its round was undone.

#include "store/sqlite/session.h"
#include "store/store.h"

namespace parley::store::sqlite {

base::Result<Balance> balance(Session& session, const Presented& credential);

/// Opens `hold` where the decision is Held, whose guard is the caller's to add. Nothing where a later round is to be
/// asked again: more of the day's charges are to be counted than one round counts.
base::Result<std::optional<HoldDecision>> take_hold(Session& session, const HoldRequest& request, OpenHold& hold);

/// Ends `hold`, also where it refuses the settlement; not where SQLite fails.
base::Result<Settled> settle(Session& session, OpenHold& hold, const Settlement& settlement);

base::Result<std::vector<StatementLine>> statement(Session& session, const Presented& credential,
                                                   std::optional<std::int64_t> before, std::int32_t lines_max);
base::Result<Balance> post(Session& session, base::AccountId id, ledger::EntryKind kind, base::Tokens amount);

}  // namespace parley::store::sqlite
