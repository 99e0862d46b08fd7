#include "store/sqlite/books.h"

#include <algorithm>
#include <ranges>

namespace parley::store::sqlite {

// What a key without a limit spends must still be countable.
Balance ApiKey::allowance() const noexcept {
  const base::Tokens limit = row.limit.value_or(base::Tokens::from(base::Tokens::count_max).value());
  return {.posted = limit.minus(row.spent).value_or(base::Tokens()), .held = held};
}

Balance day_allowance(base::Tokens limit, base::Tokens spent, base::Tokens held) noexcept {
  return {.posted = limit.minus(spent).value(), .held = held};
}

const ApiKey* AccountState::key(base::KeyId id) const noexcept {
  if (!keys) return nullptr;
  const auto found = std::ranges::find(*keys, id, [](const ApiKey& key) { return key.row.id; });
  return found != keys->end() ? &*found : nullptr;
}

base::Result<Account*> Books::find(base::AccountId id) {
  if (const auto found = accounts_.find(id); found != accounts_.end()) {
    by_use_.splice(by_use_.end(), by_use_, by_use_.iterator_to(found->second));
    return &found->second;
  }
  TRY(auto row, records_.account(id));
  if (!row) return nullptr;
  Account& account = accounts_[id];
  account.id = id;
  account.state = {.disabled = row->disabled,
                   .deleted = row->deleted,
                   .login_token = row->login_token,
                   .daily_limit = row->daily_limit,
                   .head = row->head,
                   .held = {},
                   .open_holds = 0,
                   .keys = {},
                   .in_flight = {},
                   .spending = {}};
  by_use_.push_back(account);
  loaded_.push_back(&account);
  return &account;
}

const Account* Books::peek(base::AccountId id) const noexcept {
  const auto found = accounts_.find(id);
  return found != accounts_.end() ? &found->second : nullptr;
}

AccountState& Books::change(Account& account) {
  if (account.noted_in != round_) {
    noted_.push_back({.account = &account, .before = account.state});
    account.noted_in = round_;
  }
  return account.state;
}

base::Result<void> Books::load_keys(Account& account) {
  if (account.state.keys) return {};
  TRY(std::vector<ApiKeyRow> rows, records_.keys(account.id));
  auto& keys = change(account).keys.write();
  for (ApiKeyRow& row : rows) keys.push_back({.row = row, .held = {}, .last_used_on_disk = row.last_used});
  return {};
}

ApiKey* Books::change_key(Account& account, base::KeyId id) {
  const ApiKey* key = account.state.key(id);
  if (key == nullptr) return nullptr;
  const auto place = key - account.state.keys->data();
  return &change(account).keys.write()[static_cast<std::size_t>(place)];
}

Spending& Books::change_spending(Account& account, Day day) {
  AccountState& state = change(account);
  if (!state.spending) state.spending.write() = Spending(day, state.head.sequence);
  return state.spending.write();
}

base::Result<bool> Books::count_day(Account& account, Day day) {
  if (account.state.spending && account.state.spending->day_counted(day)) return true;
  return change_spending(account, day).count_day(records_, account.id, day, account.state.head.sequence);
}

base::Result<bool> Books::count_all(Account& account) {
  if (account.state.spending && account.state.spending->all_counted()) return true;
  return change_spending(account, Day()).count_all(records_, account.id);
}

base::Result<void> Books::count_charge(Account& account, const ledger::Entry& charge, std::optional<base::KeyId> key) {
  if (!account.state.spending) return {};
  const Day day = day_of(charge.time);
  Spending& spending = change_spending(account, day);
  if (spending.add(charge.amount.negated(), day, key)) return {};
  TRY_VOID(spending.count_day(records_, account.id, day, charge.sequence));
  return {};
}

void Books::watch(Account& account, std::shared_ptr<Watcher> watcher, std::optional<base::KeyId> key) {
  change(account);  // so that the round tells
  watches_.add(account, std::move(watcher), key);
}

void Books::unwatch(base::AccountId id, const Watcher& watcher) {
  const auto found = accounts_.find(id);
  if (found != accounts_.end()) watches_.remove(found->second, watcher);
}

void Books::open_hold(OpenHold& hold, Account& account, HoldTerms terms) {
  noted_holds_.push_back({.hold = &hold, .before = hold});
  AccountState& state = change(account);
  state.held = state.held.plus(terms.amount).value();
  if (terms.key) {
    ApiKey& key = *change_key(account, *terms.key);
    key.held = key.held.plus(terms.amount).value();
  }
  if (terms.idempotency) state.in_flight.write().push_back(terms.idempotency);
  ++state.open_holds;
  ++counts_.taken;
  ++counts_.open;
  hold = {.id = {++last_hold_id_}, .account = &account, .terms = std::move(terms)};
}

void Books::end_hold(OpenHold& hold, HoldEnd end) {
  noted_holds_.push_back({.hold = &hold, .before = hold});
  AccountState& state = change(*hold.account);
  state.held = state.held.minus(hold.terms.amount).value();
  if (hold.terms.key) {
    ApiKey* key = change_key(*hold.account, *hold.terms.key);
    if (key != nullptr) key->held = key->held.minus(hold.terms.amount).value();
  }
  if (hold.terms.idempotency) {
    auto& in_flight = state.in_flight.write();
    std::erase(in_flight, hold.terms.idempotency);
    if (in_flight.empty()) state.in_flight.reset();
  }
  --state.open_holds;
  --counts_.open;
  ++(end == HoldEnd::settled ? counts_.settled : counts_.released);
  hold = {};
}

void Books::accept() {
  for (const Noted& noted : noted_) watches_.accept(*noted.account);
  watches_.end_round();
  const std::size_t looks = loaded_.size();
  begin_round();
  // Each round looks at as many as it loaded, so the excess never grows except by accounts with holds or watchers.
  for (std::size_t look = 0; look < looks && accounts_.size() > accounts_max_; ++look) {
    Account& oldest = by_use_.front();
    if (oldest.state.open_holds == 0 && oldest.watchers.empty()) {
      forget(oldest);
    } else {
      by_use_.splice(by_use_.end(), by_use_, by_use_.begin());
    }
  }
}

void Books::undo() {
  for (const NotedHold& noted : noted_holds_ | std::views::reverse) *noted.hold = noted.before;
  for (const Noted& noted : noted_) noted.account->state = noted.before;
  watches_.undo();
  counts_ = counts_before_;
  last_entry_id_ = last_entry_id_before_;
  // What was read in this round may be the rolled-back transaction's own.
  for (Account* account : loaded_) forget(*account);
  begin_round();
}

void Books::forget(Account& account) {
  const base::AccountId id = account.id;
  by_use_.erase(by_use_.iterator_to(account));
  accounts_.erase(id);
}

void Books::begin_round() noexcept {
  ++round_;
  noted_.clear();
  noted_holds_.clear();
  loaded_.clear();
  counts_before_ = counts_;
  last_entry_id_before_ = last_entry_id_;
}

}  // namespace parley::store::sqlite
