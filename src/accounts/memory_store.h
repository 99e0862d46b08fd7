#pragma once
// For tests: a store in memory, as far as accounts need one. It answers at once, on the loop that asks.

#include <functional>
#include <map>

#include "store/store.h"

namespace parley::accounts {

class MemoryStore final : public store::Store {
 public:
  struct Account {
    store::Login login;
    base::Tokens balance;
    std::optional<crypto::Digest> token;
    std::vector<ledger::EntryKind> posted;
  };

  bool unavailable = false;                  ///< every operation answers store_unavailable
  std::function<void()> before_next_write;   ///< runs once, between what was read and what is written
  std::map<std::int64_t, Account> accounts;  ///< by id

  Account& named(const std::string& username_key) {
    for (auto& [id, account] : accounts) {
      if (account.login.username_key == username_key) return account;
    }
    throw std::out_of_range("no account " + username_key);
  }

  async::Task<base::Result<base::AccountId>> create_account(store::NewAccount account) override {
    if (unavailable) co_return refused(base::ErrorCode::store_unavailable);
    interfere();
    for (const auto& [id, other] : accounts) {
      if (other.login.username_key == account.username_key) co_return refused(base::ErrorCode::conflict);
    }
    const base::AccountId id{static_cast<std::int64_t>(accounts.size()) + 1001};
    accounts[id.value] = {.login = {.account = id,
                                    .username = account.username,
                                    .username_key = account.username_key,
                                    .password_hash = account.password_hash},
                          .balance = account.opening_balance,
                          .token = std::nullopt,
                          .posted = {}};
    co_return id;
  }

  async::Task<base::Result<std::optional<store::Login>>> find_login(std::string username_key) override {
    if (unavailable) co_return refused(base::ErrorCode::store_unavailable);
    for (const auto& [id, account] : accounts) {
      if (account.login.username_key == username_key) co_return std::optional(account.login);
    }
    co_return std::optional<store::Login>();
  }

  async::Task<base::Result<store::Login>> find_login(store::Presented credential) override {
    if (Account* account = holder_of(credential)) co_return account->login;
    co_return refused(base::ErrorCode::unauthenticated);
  }

  async::Task<base::Result<void>> replace_login_token(base::AccountId id, std::string password_hash_seen,
                                                      crypto::Digest token) override {
    if (unavailable) co_return refused(base::ErrorCode::store_unavailable);
    interfere();
    Account& account = accounts.at(id.value);
    if (account.login.disabled || account.login.password_hash != password_hash_seen) {
      co_return refused(base::ErrorCode::unauthenticated);
    }
    account.token = token;
    co_return base::Result<void>();
  }

  async::Task<base::Result<void>> end_login_token(store::Presented credential) override {
    Account* account = holder_of(credential);
    if (account == nullptr) co_return refused(base::ErrorCode::unauthenticated);
    account->token.reset();
    co_return base::Result<void>();
  }

  async::Task<base::Result<void>> change_password(base::AccountId id, std::optional<std::string> password_hash_seen,
                                                  std::string password_hash) override {
    interfere();
    Account& account = accounts.at(id.value);
    if (password_hash_seen && account.login.password_hash != *password_hash_seen) {
      co_return refused(base::ErrorCode::conflict);
    }
    account.login.password_hash = std::move(password_hash);
    account.token.reset();
    co_return base::Result<void>();
  }

  async::Task<base::Result<base::AccountId>> authenticate(store::Presented credential) override {
    if (Account* account = holder_of(credential)) co_return account->login.account;
    co_return refused(base::ErrorCode::unauthenticated);
  }

  async::Task<base::Result<store::Balance>> balance(store::Presented) override { co_return not_here(); }
  async::Task<base::Result<store::HoldDecision>> hold(store::HoldRequest) override { co_return not_here(); }
  async::Task<base::Result<store::Settled>> settle(store::Hold, store::Settlement) override { co_return not_here(); }

  async::Task<base::Result<store::Balance>> post(base::AccountId id, ledger::EntryKind kind,
                                                 base::Tokens amount) override {
    Account& account = accounts.at(id.value);
    const auto after = account.balance.plus(amount);
    if (!after || after->negative()) co_return refused(base::ErrorCode::invalid_input);
    account.balance = *after;
    account.posted.push_back(kind);
    co_return store::Balance{.posted = *after, .held = {}};
  }

  async::Task<base::Result<void>> set_disabled(base::AccountId id, bool disabled) override {
    accounts.at(id.value).login.disabled = disabled;
    co_return base::Result<void>();
  }

  async::Task<base::Result<std::vector<store::AccountSummary>>> list_accounts(std::string, std::int32_t) override {
    co_return not_here();
  }

  bool writable() const noexcept override { return !unavailable; }
  store::HoldCounts hold_counts() const noexcept override { return {}; }
  void drain() override {}

 private:
  static base::Error refused(base::ErrorCode code) { return {.code = code, .message = "Refused.", .detail = {}}; }
  static base::Error not_here() { return base::internal_error("not in the memory store"); }

  void interfere() {
    if (const auto interference = std::exchange(before_next_write, nullptr)) interference();
  }

  Account* holder_of(const store::Presented& credential) {
    const auto found = accounts.find(credential.account.value);
    if (found == accounts.end() || found->second.login.disabled || !found->second.token) return nullptr;
    return crypto::equal(*found->second.token, credential.digest) ? &found->second : nullptr;
  }
};

}  // namespace parley::accounts
