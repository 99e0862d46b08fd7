#include "store/sqlite/books.h"

#include <algorithm>
#include <ranges>

namespace parley::store::sqlite {

// What a key without a limit spends must still be countable.
Balance ApiKey::allowance() const noexcept {
  const base::Tokens limit = row.limit.value_or(base::Tokens::from(base::Tokens::count_max).value());
  return {.posted = limit.minus(row.spent).value_or(base::Tokens()), .held = held};
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
                   .head = row->head,
                   .held = {},
                   .open_holds = 0,
                   .keys = {},
                   .in_flight = {}};
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
  const std::size_t looks = loaded_.size();
  begin_round();
  // Each round looks at as many as it loaded, so the excess never grows except by accounts with holds.
  for (std::size_t look = 0; look < looks && accounts_.size() > accounts_max_; ++look) {
    Account& oldest = by_use_.front();
    if (oldest.state.open_holds == 0) {
      forget(oldest);
    } else {
      by_use_.splice(by_use_.end(), by_use_, by_use_.begin());
    }
  }
}

void Books::undo() {
  for (const NotedHold& noted : noted_holds_ | std::views::reverse) *noted.hold = noted.before;
  for (const Noted& noted : noted_) noted.account->state = noted.before;
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
