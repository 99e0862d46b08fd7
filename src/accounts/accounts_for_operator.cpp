// What the operator does to accounts.

#include <utility>

#include "accounts/accounts.h"

namespace parley::accounts {
namespace {

base::Error no_such_account() {
  return {.code = base::ErrorCode::not_found, .message = "No account has that username.", .detail = {}};
}

}  // namespace

async::Task<base::Result<std::string>> Accounts::create(std::string username, std::string password,
                                                        std::optional<base::Tokens> opening_balance) {
  CO_TRY(Username name, parse_username(username));
  CO_TRY_VOID(check_password(password, "password"));
  const base::Tokens balance = opening_balance.value_or(settings_.starting_balance);
  if (balance.negative()) {
    co_return base::Error{
        .code = base::ErrorCode::invalid_input, .message = "The opening balance may not be negative.", .detail = {}};
  }
  co_return co_await open(std::move(name), std::move(password), balance);
}

async::Task<base::Result<std::string>> Accounts::reset_password(std::string username, std::string password) {
  CO_TRY_VOID(check_password(password, "password"));
  CO_TRY(const store::Login login, co_await find(std::move(username)));
  CO_TRY(std::string password_hash, co_await hash(std::move(password)));
  CO_TRY_VOID(co_await store_.change_password(login.account, std::nullopt, std::move(password_hash)));
  co_return login.username;
}

async::Task<base::Result<std::string>> Accounts::set_disabled(std::string username, bool disabled) {
  CO_TRY(const store::Login login, co_await find(std::move(username)));
  CO_TRY_VOID(co_await store_.set_disabled(login.account, disabled));
  co_return login.username;
}

async::Task<base::Result<store::Balance>> Accounts::credit(std::string username, base::Tokens amount) {
  CO_TRY(const store::Login login, co_await find(std::move(username)));
  const auto kind = amount.negative() ? ledger::EntryKind::adjustment : ledger::EntryKind::credit;
  co_return co_await store_.post(login.account, kind, amount);
}

async::Task<base::Result<store::Login>> Accounts::find(std::string username) {
  const auto name = parse_username(username);
  if (name.has_error()) co_return no_such_account();
  CO_TRY(auto login, co_await store_.find_login(name->key));
  if (!login) co_return no_such_account();
  co_return std::move(*login);
}

}  // namespace parley::accounts
