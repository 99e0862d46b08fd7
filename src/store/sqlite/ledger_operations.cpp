#include "store/sqlite/ledger_operations.h"

#include <algorithm>
#include <limits>

#include "store/sqlite/authentication.h"
#include "store/sqlite/idempotency.h"

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
  if (charge.negative() || charge > hold.terms.amount) {
    return refused(base::ErrorCode::invalid_input, "The charge is not within what is held.");
  }
  return next_entry(session, *hold.account, ledger::EntryKind::charge, charge.negated());
}

/// What speaks against setting `amount` aside, if anything.
std::optional<Shortfall> shortfall(const Caller& caller, base::Tokens amount) {
  const Balance balance = caller.account->state.balance();
  if (balance.available() < amount) return Shortfall{.required = amount, .balance = balance};
  if (!caller.key) return std::nullopt;
  const Balance allowance = caller.account->state.key(*caller.key)->allowance();
  if (allowance.available() >= amount) return std::nullopt;
  return Shortfall{.required = amount, .balance = balance, .key_allowance = allowance};
}

/// Where the key has ended meanwhile, it is in the tables only.
base::Result<void> count_as_spent(Session& session, Account& account, base::KeyId id, base::Tokens charge) {
  ApiKey* key = session.books().change_key(account, id);
  if (key == nullptr) return session.records().add_to_key_spent(id, charge, std::nullopt);
  TRY_VOID(session.records().add_to_key_spent(id, charge, key->row.last_used));
  key->row.spent = key->row.spent.plus(charge).value();
  key->last_used_on_disk = key->row.last_used;
  return {};
}

}  // namespace

base::Result<Balance> balance(Session& session, const Presented& credential) {
  TRY(const Caller caller, authenticated(session, credential));
  return caller.account->state.balance();
}

base::Result<HoldDecision> take_hold(Session& session, const HoldRequest& request, OpenHold& hold) {
  TRY(const Caller caller, authenticated(session, request.credential));
  Account& account = *caller.account;
  if (request.amount.negative()) return refused(base::ErrorCode::invalid_input, "A hold can't be negative.");
  if (request.idempotency) {
    TRY(auto replay, find_replay(session, account, *request.idempotency));
    if (replay) return *std::move(replay);
  }
  if (account.state.open_holds >= request.in_flight_max) return too_many_in_flight();
  if (auto refusal = shortfall(caller, request.amount)) return *std::move(refusal);
  HoldTerms terms{.amount = request.amount, .key = caller.key, .idempotency = nullptr};
  if (request.idempotency) terms.idempotency = std::make_shared<const Idempotency>(*request.idempotency);
  session.books().open_hold(hold, account, std::move(terms));
  return Held{.hold = Hold(), .account = account.id, .balance = account.state.balance()};
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
  const HoldTerms terms = hold.terms;
  TRY_VOID(session.records().insert_entry(*entry, terms.key));
  TRY_VOID(session.records().insert_turn(
      entry->turn(), account.id,
      {.message = settlement.message, .response = settlement.response, .finish_reason = settlement.finish_reason}));
  if (terms.key) TRY_VOID(count_as_spent(session, account, *terms.key, settlement.charge));
  session.books().change(account).head = ledger::head_after(*entry);
  session.books().end_hold(hold, HoldEnd::settled);
  const Settled settled{.turn = entry->turn(), .balance = account.state.balance()};
  if (terms.idempotency) {
    TRY_VOID(remember_turn(session, *terms.idempotency, *entry, settled.balance.available(), settlement.answer));
  }
  return settled;
}

base::Result<std::vector<StatementLine>> statement(Session& session, const Presented& credential,
                                                   std::optional<std::int64_t> before, std::int32_t lines_max) {
  TRY(const Caller caller, authenticated(session, credential));
  const std::int32_t count = std::clamp(lines_max, 0, statement_lines_max);
  return session.records().entries_before(caller.account->id, before.value_or(std::numeric_limits<std::int64_t>::max()),
                                          count);
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
