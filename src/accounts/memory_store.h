#pragma once
// For tests: a store in memory, as far as accounts need one. It answers at once, on the loop that asks.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "store/store.h"

namespace parley::accounts {

class MemoryStore final : public store::Store {
 public:
  struct Key {
    store::KeySummary summary;
    crypto::Digest digest{};
  };
  struct Account {
    store::Login login;
    base::Tokens balance;
    std::optional<crypto::Digest> token;
    std::vector<ledger::EntryKind> posted;
    std::vector<Key> keys;
    bool deleted = false;
    std::optional<base::Tokens> daily_limit = std::nullopt;
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
                          .posted = {},
                          .keys = {}};
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
    CO_TRY(const Account* account, logged_in(credential));
    co_return account->login;
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
    CO_TRY(Account * account, logged_in(credential));
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

  async::Task<base::Result<store::AccountSummary>> account(store::Presented credential) override {
    const Account* account = holder_of(credential);
    if (account == nullptr) co_return refused(base::ErrorCode::unauthenticated);
    co_return store::AccountSummary{.account = account->login.account,
                                    .username = account->login.username,
                                    .username_key = account->login.username_key,
                                    .created = {},
                                    .disabled = account->login.disabled,
                                    .balance = {.posted = account->balance, .held = {}},
                                    .daily_limit = account->daily_limit};
  }

  async::Task<base::Result<void>> delete_account(store::Presented credential) override {
    CO_TRY(Account * account, logged_in(credential));
    account->login.disabled = true;
    account->deleted = true;
    end_credentials(*account);
    co_return base::Result<void>();
  }

  async::Task<base::Result<store::KeySummary>> create_key(store::Presented credential, store::NewKey key) override {
    CO_TRY(Account * account, logged_in(credential));
    if (account->keys.size() >= store::keys_per_account_max) co_return refused(base::ErrorCode::conflict);
    const store::KeySummary summary{.id = {++last_key_},
                                    .name = key.name,
                                    .created = {},
                                    .expires = key.expires,
                                    .last_used = std::nullopt,
                                    .limit = key.limit,
                                    .daily_limit = key.daily_limit,
                                    .spent = {}};
    account->keys.push_back({.summary = summary, .digest = key.digest});
    co_return summary;
  }

  async::Task<base::Result<std::vector<store::KeySummary>>> list_keys(store::Presented credential) override {
    CO_TRY(const Account* account, logged_in(credential));
    std::vector<store::KeySummary> summaries;
    for (const Key& key : account->keys) summaries.push_back(key.summary);
    co_return summaries;
  }

  async::Task<base::Result<void>> end_key(store::Presented credential, base::KeyId id) override {
    CO_TRY(Account * account, logged_in(credential));
    if (std::erase_if(account->keys, [&](const Key& key) { return key.summary.id == id; }) == 0) {
      co_return refused(base::ErrorCode::not_found);
    }
    co_return base::Result<void>();
  }

  async::Task<base::Result<void>> set_daily_limit(store::Presented credential,
                                                  std::optional<base::Tokens> limit) override {
    CO_TRY(Account * account, logged_in(credential));
    if (limit && limit->negative()) co_return refused(base::ErrorCode::invalid_input);
    account->daily_limit = limit;
    co_return base::Result<void>();
  }

  async::Task<base::Result<void>> set_key_daily_limit(store::Presented credential, base::KeyId id,
                                                      std::optional<base::Tokens> limit) override {
    CO_TRY(Account * account, logged_in(credential));
    if (limit && limit->negative()) co_return refused(base::ErrorCode::invalid_input);
    const auto key = std::ranges::find(account->keys, id, [](const Key& each) { return each.summary.id; });
    if (key == account->keys.end()) co_return refused(base::ErrorCode::not_found);
    key->summary.daily_limit = limit;
    co_return base::Result<void>();
  }

  async::Task<base::Result<std::unique_ptr<store::Watch>>> watch(store::Presented, async::Executor,
                                                                 store::TellFigures) override {
    co_return not_here();
  }
  async::Task<base::Result<std::vector<store::StatementLine>>> statement(store::Presented, std::optional<std::int64_t>,
                                                                         std::int32_t) override {
    co_return not_here();
  }
  async::Task<base::Result<store::ConversationPage>> list_conversations(store::Presented,
                                                                        store::ConversationQuery) override {
    co_return not_here();
  }
  async::Task<base::Result<store::ConversationSummary>> find_conversation(store::Presented,
                                                                          base::ConversationId) override {
    co_return not_here();
  }
  async::Task<base::Result<std::vector<store::TurnRecord>>> read_conversation(store::Presented, base::ConversationId,
                                                                              std::optional<base::TurnId>,
                                                                              std::int32_t) override {
    co_return not_here();
  }
  async::Task<base::Result<void>> rename_conversation(store::Presented, base::ConversationId, std::string) override {
    co_return not_here();
  }
  async::Task<base::Result<void>> delete_conversation(store::Presented, base::ConversationId) override {
    co_return not_here();
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
    Account& account = accounts.at(id.value);
    if (account.deleted) co_return refused(base::ErrorCode::not_found);
    if (account.login.disabled != disabled) end_credentials(account);
    account.login.disabled = disabled;
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

  static void end_credentials(Account& account) {
    account.token.reset();
    account.keys.clear();
  }

  /// Keys never expire here.
  Account* holder_of(const store::Presented& credential) {
    const auto found = accounts.find(credential.account.value);
    if (found == accounts.end() || found->second.login.disabled) return nullptr;
    Account& account = found->second;
    const bool proven = credential.kind == store::CredentialKind::api_key
                            ? std::ranges::count(account.keys, credential.digest, &Key::digest) > 0
                            : account.token && crypto::equal(*account.token, credential.digest);
    return proven ? &account : nullptr;
  }

  base::Result<Account*> logged_in(const store::Presented& credential) {
    Account* account = holder_of(credential);
    if (account == nullptr) return refused(base::ErrorCode::unauthenticated);
    if (credential.kind == store::CredentialKind::api_key) return refused(base::ErrorCode::forbidden);
    return account;
  }

  std::int64_t last_key_ = 0;
};

}  // namespace parley::accounts
