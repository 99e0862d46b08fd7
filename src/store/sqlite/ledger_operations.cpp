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

bool limited_daily(const AccountState& state, const ApiKey* key) {
  return state.daily_limit || (key != nullptr && key->row.daily_limit);
}

/// Of the limits that there are, the one that leaves least; of several, the one that lasts.
std::optional<Allowance> tightest_allowance(const AccountState& state, const ApiKey* key, Day today) {
  std::optional<Allowance> tightest;
  const auto consider = [&](const Allowance& allowance) {
    if (!tightest || allowance.left.available() < tightest->left.available()) tightest = allowance;
  };
  const base::Timestamp tomorrow = today + std::chrono::days(1);
  if (key != nullptr) consider({.limit = SpendingLimit::key, .left = key->allowance()});
  if (key != nullptr && key->row.daily_limit) {
    const base::Tokens spent = state.spending->of_day(key->row.id);
    consider({.limit = SpendingLimit::key_daily,
              .left = day_allowance(*key->row.daily_limit, spent, key->held),
              .renewed = tomorrow});
  }
  if (state.daily_limit) {
    consider({.limit = SpendingLimit::account_daily,
              .left = day_allowance(*state.daily_limit, state.spending->of_day(), state.held),
              .renewed = tomorrow});
  }
  return tightest;
}

/// How much of what is asked for may be set aside, or what speaks against it.
std::variant<base::Tokens, Shortfall> amount_to_hold(const HoldRequest& request, const Balance& balance,
                                                     const std::optional<Allowance>& tightest) {
  const base::Tokens required = std::min(request.amount, request.amount_min.value_or(request.amount));
  if (balance.available() < required) return Shortfall{.required = required, .balance = balance};
  if (!tightest) return std::min(request.amount, balance.available());
  const base::Tokens allowed = tightest->left.available();
  if (allowed < required) return Shortfall{.required = required, .balance = balance, .allowance = tightest};
  return std::min({request.amount, balance.available(), allowed});
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

/// The conversation that the turn goes on with; nothing where it begins its own.
base::Result<std::optional<base::ConversationId>> conversation_of(Session& session, base::AccountId account,
                                                                  const Settlement& settlement) {
  if (!settlement.conversation) return settlement.conversation;
  TRY(const bool has, session.conversations().has(account, *settlement.conversation));
  return has ? settlement.conversation : std::nullopt;
}

}  // namespace

base::Result<Balance> balance(Session& session, const Presented& credential) {
  TRY(const Caller caller, authenticated(session, credential));
  return caller.account->state.balance();
}

base::Result<std::optional<HoldDecision>> take_hold(Session& session, const HoldRequest& request, OpenHold& hold) {
  TRY(const Caller caller, authenticated(session, request.credential));
  Account& account = *caller.account;
  if (request.amount.negative() || request.amount_min.value_or(request.amount).negative()) {
    return refused(base::ErrorCode::invalid_input, "A hold can't be negative.");
  }
  if (request.idempotency) {
    TRY(auto replay, find_replay(session, account, *request.idempotency));
    if (replay) return std::optional<HoldDecision>(*std::move(replay));
  }
  if (account.state.open_holds >= request.in_flight_max) return too_many_in_flight();
  const ApiKey* key = caller.key ? account.state.key(*caller.key) : nullptr;
  Day today{};
  if (limited_daily(account.state, key)) {
    today = day_of(session.now());
    TRY(const bool counted, session.books().count_day(account, today));
    if (!counted) return std::optional<HoldDecision>();
  }
  const auto amount = amount_to_hold(request, account.state.balance(), tightest_allowance(account.state, key, today));
  if (const auto* shortfall = std::get_if<Shortfall>(&amount)) return std::optional<HoldDecision>(*shortfall);
  HoldTerms terms{.amount = std::get<base::Tokens>(amount), .key = caller.key, .idempotency = nullptr};
  if (request.idempotency) terms.idempotency = std::make_shared<const Idempotency>(*request.idempotency);
  session.books().open_hold(hold, account, std::move(terms));
  return std::optional<HoldDecision>(
      Held{.hold = Hold(), .account = account.id, .balance = account.state.balance(), .amount = hold.terms.amount});
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
  TRY(const auto conversation, conversation_of(session, account.id, settlement));
  TRY_VOID(session.records().insert_turn(entry->turn(), account.id, settlement, conversation));
  if (terms.key) TRY_VOID(count_as_spent(session, account, *terms.key, settlement.charge));
  session.books().change(account).head = ledger::head_after(*entry);
  TRY_VOID(session.books().count_charge(account, *entry, terms.key));
  session.books().end_hold(hold, HoldEnd::settled);
  const Settled settled{.turn = entry->turn(),
                        .conversation = conversation.value_or(base::ConversationId{entry->id.value}),
                        .balance = account.state.balance()};
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
