#include "store/sqlite/account_operations.h"

#include <algorithm>

#include "crypto/random.h"
#include "store/sqlite/authentication.h"

namespace parley::store::sqlite {
namespace {

/// More than one try means that another account has the same 63 random bits.
constexpr int id_tries_max = 8;
/// How long a request in flight may well take.
constexpr std::chrono::seconds retry_when_in_flight{1};

base::Error no_such_account() {
  return {.code = base::ErrorCode::not_found, .message = "There is no such account.", .detail = "", .retry_after = {}};
}

base::Error conflict(std::string message) {
  return {.code = base::ErrorCode::conflict, .message = std::move(message), .detail = "", .retry_after = {}};
}

base::Error still_in_flight() {
  base::Error error = conflict("Requests of this account are in flight.");
  error.retry_after = retry_when_in_flight;
  return error;
}

std::int64_t random_63_bits() {
  std::uint64_t bits = 0;
  crypto::fill_random(std::as_writable_bytes(std::span(&bits, 1)));
  return static_cast<std::int64_t>(bits >> 1);
}

base::Result<base::AccountId> unused_id(Session& session) {
  for (int tries = 0; tries < id_tries_max; ++tries) {
    const base::AccountId id{random_63_bits()};
    if (id.value == 0) continue;
    TRY(const Account* taken, session.books().find(id));
    if (taken == nullptr) return id;
  }
  return base::internal_error("no unused account id was found");
}

base::Result<void> end_login(Session& session, Account& account) {
  if (!account.state.login_token) return {};
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().delete_login_token(account.id));
  session.books().change(account).login_token.reset();
  return {};
}

base::Result<void> end_credentials(Session& session, Account& account) {
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().end_keys(account.id, session.now()));
  session.books().change(account).keys.reset();
  return end_login(session, account);
}

}  // namespace

base::Result<base::AccountId> create_account(Session& session, const NewAccount& account) {
  TRY(const auto taken, session.records().login(account.username_key));
  if (taken) return conflict("A user with that username already exists.");
  TRY(const base::AccountId id, unused_id(session));
  const base::Timestamp now = session.now();
  std::optional<ledger::Entry> grant;
  if (account.opening_balance != base::Tokens()) {
    TRY(grant, ledger::next_entry({}, {.id = session.books().take_entry_id(),
                                       .account = id,
                                       .kind = ledger::EntryKind::grant,
                                       .amount = account.opening_balance,
                                       .time = now}));
  }
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().insert_account(id, account, now));
  if (grant) TRY_VOID(session.records().insert_entry(*grant));
  return id;
}

base::Result<Login> find_login(Session& session, const Presented& credential) {
  TRY(const Account* account, logged_in(session, credential));
  TRY(auto login, session.records().login(account->id));
  if (!login) return base::internal_error("an account in memory has no row");
  return *std::move(login);
}

base::Result<void> replace_login_token(Session& session, base::AccountId id, std::string_view password_hash_seen,
                                       const crypto::Digest& token) {
  TRY(const auto login, session.records().login(id));
  if (!login || login->disabled || login->password_hash != password_hash_seen) return unauthenticated();
  TRY(Account * account, session.books().find(id));
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().put_login_token(id, token, session.now()));
  session.books().change(*account).login_token = token;
  return {};
}

base::Result<void> end_login_token(Session& session, const Presented& credential) {
  TRY(Account * account, logged_in(session, credential));
  return end_login(session, *account);
}

base::Result<void> change_password(Session& session, base::AccountId id,
                                   const std::optional<std::string>& password_hash_seen,
                                   std::string_view password_hash) {
  TRY(Account * account, session.books().find(id));
  if (account == nullptr || account->state.deleted) return no_such_account();
  TRY(const auto login, session.records().login(id));
  if (!login) return base::internal_error("an account in memory has no row");
  if (password_hash_seen && login->password_hash != *password_hash_seen) {
    return conflict("The password was changed in the meantime.");
  }
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().set_password_hash(id, password_hash));
  return end_login(session, *account);
}

base::Result<void> set_disabled(Session& session, base::AccountId id, bool disabled) {
  TRY(Account * account, session.books().find(id));
  if (account == nullptr || account->state.deleted) return no_such_account();
  if (account->state.disabled == disabled) return {};
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().set_disabled(id, disabled));
  session.books().change(*account).disabled = disabled;
  return end_credentials(session, *account);
}

base::Result<AccountSummary> account(Session& session, const Presented& credential) {
  TRY(const Caller caller, authenticated(session, credential));
  TRY(auto summary, session.records().summary(caller.account->id));
  if (!summary) return base::internal_error("an account in memory has no row");
  summary->balance.held = caller.account->state.held;
  return *std::move(summary);
}

base::Result<void> set_daily_limit(Session& session, const Presented& credential, std::optional<base::Tokens> limit) {
  TRY(Account * account, logged_in(session, credential));
  if (limit && limit->negative()) {
    return base::Error{.code = base::ErrorCode::invalid_input,
                       .message = "A daily limit can't be negative.",
                       .detail = "",
                       .retry_after = {}};
  }
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().set_daily_limit(account->id, limit));
  session.books().change(*account).daily_limit = limit;
  return {};
}

base::Result<void> delete_account(Session& session, const Presented& credential) {
  TRY(Account * account, logged_in(session, credential));
  if (account->state.open_holds != 0) return still_in_flight();
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().delete_account(account->id, session.now()));
  AccountState& state = session.books().change(*account);
  state.disabled = true;
  state.deleted = true;
  return end_credentials(session, *account);
}

base::Result<std::vector<AccountSummary>> list_accounts(Session& session, std::string_view after,
                                                        std::int32_t count_max) {
  const std::int32_t count = std::clamp(count_max, 0, accounts_listed_max);
  TRY(auto accounts, session.records().accounts_after(after, count));
  for (AccountSummary& summary : accounts) {
    const Account* in_memory = session.books().peek(summary.account);
    if (in_memory != nullptr) summary.balance.held = in_memory->state.held;
  }
  return accounts;
}

}  // namespace parley::store::sqlite
