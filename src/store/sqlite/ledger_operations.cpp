#include "store/sqlite/ledger_operations.h"

#include "store/sqlite/account_operations.h"

namespace parley::store::sqlite {
namespace {

/// How long a request in flight may well take.
constexpr std::chrono::seconds retry_when_in_flight{1};

base::Error refused(base::ErrorCode code, std::string message) {
  return {.code = code, .message = std::move(message), .detail = "", .retry_after = {}};
}

base::Error too_many_in_flight() {
  return {.code = base::ErrorCode::too_many_requests,
          .message = "Too many requests of this account are in flight.",
          .detail = "",
          .retry_after = retry_when_in_flight};
}

bool may_be_posted(ledger::EntryKind kind) {
  switch (kind) {
    case ledger::EntryKind::grant:
    case ledger::EntryKind::charge: return false;
    case ledger::EntryKind::refund:
    case ledger::EntryKind::credit:
    case ledger::EntryKind::redemption:
    case ledger::EntryKind::adjustment: return true;
  }
  return false;
}

base::Result<ledger::Entry> next_entry(Session& session, const Account& account, ledger::EntryKind kind,
                                       base::Tokens amount) {
  return ledger::next_entry(account.state.head, {.id = session.books().take_entry_id(),
                                                 .account = account.id,
                                                 .kind = kind,
                                                 .amount = amount,
                                                 .time = session.now()});
}

base::Result<ledger::Entry> charge_entry(Session& session, const OpenHold& hold, base::Tokens charge) {
  if (charge.negative() || charge > hold.amount) {
    return refused(base::ErrorCode::invalid_input, "The charge is not within what is held.");
  }
  return next_entry(session, *hold.account, ledger::EntryKind::charge, charge.negated());
}

}  // namespace

base::Result<Balance> balance(Session& session, const Presented& credential) {
  TRY(const Account* account, authenticated(session, credential));
  return account->state.balance();
}

base::Result<HoldDecision> take_hold(Session& session, const HoldRequest& request, OpenHold& hold) {
  TRY(Account * account, authenticated(session, request.credential));
  if (request.amount.negative()) return refused(base::ErrorCode::invalid_input, "A hold can't be negative.");
  if (account->state.open_holds >= request.in_flight_max) return too_many_in_flight();
  const Balance before = account->state.balance();
  if (before.available() < request.amount) return Shortfall{.required = request.amount, .balance = before};
  session.books().open_hold(hold, *account, request.amount);
  return Held{.hold = Hold(), .account = account->id, .balance = account->state.balance()};
}

base::Result<Settled> settle(Session& session, OpenHold& hold, const Settlement& settlement) {
  if (!hold.open()) return base::internal_error("a hold that is not open was to be settled");
  Account& account = *hold.account;
  const auto entry = charge_entry(session, hold, settlement.charge);
  if (entry.has_error()) {
    session.books().end_hold(hold, HoldEnd::released);
    return entry.error();
  }
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().insert_entry(*entry));
  TRY_VOID(session.records().insert_turn(entry->turn(), account.id, settlement.message, settlement.response));
  session.books().change(account).head = ledger::head_after(*entry);
  session.books().end_hold(hold, HoldEnd::settled);
  return Settled{.turn = entry->turn(), .balance = account.state.balance()};
}

base::Result<Balance> post(Session& session, base::AccountId id, ledger::EntryKind kind, base::Tokens amount) {
  TRY(Account * account, session.books().find(id));
  if (account == nullptr) return refused(base::ErrorCode::not_found, "There is no such account.");
  if (!may_be_posted(kind)) {
    return refused(base::ErrorCode::invalid_input, "A " + std::string(name_of(kind)) + " can't be posted by itself.");
  }
  if (amount.negative() && account->state.balance().available() < amount.negated()) {
    return refused(base::ErrorCode::invalid_input, "Less than that is available.");
  }
  TRY(const ledger::Entry entry, next_entry(session, *account, kind, amount));
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().insert_entry(entry));
  session.books().change(*account).head = ledger::head_after(entry);
  return account->state.balance();
}

}  // namespace parley::store::sqlite
