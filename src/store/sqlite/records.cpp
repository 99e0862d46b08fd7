#include "store/sqlite/records.h"

#include <algorithm>
#include <array>

namespace parley::store::sqlite {
namespace {

enum Sql : std::size_t {
  select_last_entry_id,
  select_account,
  select_login_by_key,
  select_login_by_id,
  select_accounts_after,
  insert_account_row,
  update_password_hash,
  update_disabled,
  upsert_login_token,
  delete_login_token_row,
  insert_entry_row,
  insert_turn_row,
};

// In the order of Sql. An account's last entry is the last of its index (account, sequence).
constexpr std::array statement_texts{
    "SELECT max(id) FROM entries",
    "SELECT a.disabled, t.digest, e.sequence, e.balance_after, e.digest FROM accounts a "
    "LEFT JOIN login_tokens t ON t.account = a.id "
    "LEFT JOIN entries e ON e.account = a.id AND e.sequence = (SELECT max(sequence) FROM entries WHERE account = ?1) "
    "WHERE a.id = ?1",
    "SELECT id, username, username_key, password_hash, disabled FROM accounts WHERE username_key = ?1",
    "SELECT id, username, username_key, password_hash, disabled FROM accounts WHERE id = ?1",
    "SELECT a.id, a.username, a.username_key, a.created_ms, a.disabled, "
    "(SELECT balance_after FROM entries WHERE account = a.id ORDER BY sequence DESC LIMIT 1) "
    "FROM accounts a WHERE a.username_key > ?1 ORDER BY a.username_key LIMIT ?2",
    "INSERT INTO accounts (id, username, username_key, password_hash, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
    "UPDATE accounts SET password_hash = ?2 WHERE id = ?1",
    "UPDATE accounts SET disabled = ?2 WHERE id = ?1",
    "INSERT INTO login_tokens (account, digest, created_ms) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (account) DO UPDATE SET digest = excluded.digest, created_ms = excluded.created_ms",
    "DELETE FROM login_tokens WHERE account = ?1",
    "INSERT INTO entries (id, account, sequence, kind, amount, balance_after, time_ms, digest) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    "INSERT INTO turns (id, account, message, response) VALUES (?1, ?2, ?3, ?4)",
};
static_assert(statement_texts.size() == insert_turn_row + 1);

crypto::Digest digest_in(const Rows& rows, int column) {
  crypto::Digest digest{};
  const auto bytes = rows.blob(column);
  std::ranges::copy(bytes.first(std::min(bytes.size(), digest.size())), digest.begin());
  return digest;
}

base::Result<base::Tokens> tokens_in(const Rows& rows, int column) {
  const auto tokens = base::Tokens::from(rows.integer(column));
  if (!tokens) return base::internal_error("a stored amount is out of range");
  return *tokens;
}

base::Result<std::optional<Login>> login_in(Rows rows) {
  TRY(const bool found, rows.step());
  if (!found) return std::optional<Login>();
  return Login{.account = {rows.integer(0)},
               .username = std::string(rows.text(1)),
               .username_key = std::string(rows.text(2)),
               .password_hash = std::string(rows.text(3)),
               .disabled = rows.integer(4) != 0};
}

base::Result<AccountSummary> summary_in(const Rows& rows) {
  TRY(const base::Tokens posted, tokens_in(rows, 5));
  return AccountSummary{.account = {rows.integer(0)},
                        .username = std::string(rows.text(1)),
                        .username_key = std::string(rows.text(2)),
                        .created = base::Timestamp(std::chrono::milliseconds(rows.integer(3))),
                        .disabled = rows.integer(4) != 0,
                        .balance = {.posted = posted, .held = {}}};
}

std::int64_t ms_of(base::Timestamp time) {
  return time.time_since_epoch().count();
}

}  // namespace

base::Result<Records> Records::prepare(Connection& connection) {
  std::vector<Statement> statements;
  statements.reserve(statement_texts.size());
  for (const char* text : statement_texts) {
    TRY(Statement statement, Statement::prepare(connection, text));
    statements.push_back(std::move(statement));
  }
  return Records(std::move(statements));
}

base::Result<std::int64_t> Records::last_entry_id() {
  Rows rows = statements_[select_last_entry_id].start();
  TRY(const bool found, rows.step());
  return found ? rows.integer(0) : 0;
}

base::Result<std::optional<AccountRow>> Records::account(base::AccountId account) {
  Rows rows = statements_[select_account].start(account.value);
  TRY(const bool found, rows.step());
  if (!found) return std::optional<AccountRow>();
  AccountRow row{.disabled = rows.integer(0) != 0, .login_token = {}, .head = {}};
  if (!rows.null(1)) row.login_token = digest_in(rows, 1);
  if (!rows.null(2)) {
    TRY(const base::Tokens balance, tokens_in(rows, 3));
    row.head = {.balance = balance, .sequence = rows.integer(2), .digest = digest_in(rows, 4)};
  }
  return row;
}

base::Result<std::optional<Login>> Records::login(std::string_view username_key) {
  return login_in(statements_[select_login_by_key].start(username_key));
}

base::Result<std::optional<Login>> Records::login(base::AccountId account) {
  return login_in(statements_[select_login_by_id].start(account.value));
}

base::Result<std::vector<AccountSummary>> Records::accounts_after(std::string_view username_key,
                                                                  std::int32_t count_max) {
  std::vector<AccountSummary> accounts;
  Rows rows = statements_[select_accounts_after].start(username_key, std::int64_t{count_max});
  for (;;) {
    TRY(const bool found, rows.step());
    if (!found) return accounts;
    TRY(AccountSummary summary, summary_in(rows));
    accounts.push_back(std::move(summary));
  }
}

base::Result<void> Records::insert_account(base::AccountId id, const NewAccount& account, base::Timestamp created) {
  return statements_[insert_account_row].run(id.value, account.username, account.username_key, account.password_hash,
                                             ms_of(created));
}

base::Result<void> Records::set_password_hash(base::AccountId account, std::string_view password_hash) {
  return statements_[update_password_hash].run(account.value, password_hash);
}

base::Result<void> Records::set_disabled(base::AccountId account, bool disabled) {
  return statements_[update_disabled].run(account.value, std::int64_t{disabled});
}

base::Result<void> Records::put_login_token(base::AccountId account, const crypto::Digest& digest,
                                            base::Timestamp created) {
  return statements_[upsert_login_token].run(account.value, std::span<const std::byte>(digest), ms_of(created));
}

base::Result<void> Records::delete_login_token(base::AccountId account) {
  return statements_[delete_login_token_row].run(account.value);
}

base::Result<void> Records::insert_entry(const ledger::Entry& entry) {
  return statements_[insert_entry_row].run(
      entry.id.value, entry.account.value, entry.sequence, static_cast<std::int64_t>(entry.kind), entry.amount.count(),
      entry.balance_after.count(), ms_of(entry.time), std::span<const std::byte>(entry.digest));
}

base::Result<void> Records::insert_turn(base::TurnId turn, base::AccountId account, std::string_view message,
                                        std::string_view response) {
  return statements_[insert_turn_row].run(turn.value, account.value, message, response);
}

}  // namespace parley::store::sqlite
