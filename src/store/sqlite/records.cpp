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
  select_summary,
  select_entries_before,
  select_entry_outlines,
  select_keys,
  select_key_summaries,
  select_keys_made,
  select_idempotency,
  insert_account_row,
  update_password_hash,
  update_disabled,
  update_daily_limit,
  upsert_login_token,
  delete_login_token_row,
  update_deleted,
  delete_texts,
  delete_titles_of_account,
  delete_idempotency_of_account,
  insert_key_row,
  update_key_ended,
  update_keys_ended,
  update_key_daily_limit,
  update_key_last_used,
  update_key_spent,
  insert_entry_row,
  insert_turn_row,
  replace_idempotency,
  delete_idempotency_oldest,
};

// In the order of Sql. An account's last entry is the last of its index (account, sequence).
constexpr std::array statement_texts{
    "SELECT max(id) FROM entries",
    "SELECT a.disabled, a.deleted_ms, t.digest, e.sequence, e.balance_after, e.digest, a.daily_limit FROM accounts a "
    "LEFT JOIN login_tokens t ON t.account = a.id LEFT JOIN entries e ON e.account = a.id "
    "AND e.sequence = (SELECT max(sequence) FROM entries WHERE account = ?1) WHERE a.id = ?1",
    "SELECT id, username, username_key, password_hash, disabled FROM accounts WHERE username_key = coalesce("
    "(SELECT min(username_key) FROM accounts WHERE username_key >= ?1), (SELECT max(username_key) FROM accounts))",
    "SELECT id, username, username_key, password_hash, disabled FROM accounts WHERE id = ?1",
    "SELECT a.id, a.username, a.username_key, a.created_ms, a.disabled, "
    "(SELECT balance_after FROM entries WHERE account = a.id ORDER BY sequence DESC LIMIT 1), a.daily_limit "
    "FROM accounts a WHERE a.username_key > ?1 ORDER BY a.username_key LIMIT ?2",
    "SELECT a.id, a.username, a.username_key, a.created_ms, a.disabled, "
    "(SELECT balance_after FROM entries WHERE account = a.id ORDER BY sequence DESC LIMIT 1), a.daily_limit "
    "FROM accounts a WHERE a.id = ?1",
    "SELECT id, account, sequence, kind, amount, balance_after, time_ms, digest, api_key FROM entries WHERE account = "
    "?1 "
    "AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3",
    "SELECT sequence, kind, amount, time_ms, api_key FROM entries "
    "WHERE account = ?1 AND sequence <= ?2 ORDER BY sequence DESC LIMIT ?3",
    "SELECT id, digest, expires_ms, last_used_ms, spending_limit, spent, daily_limit FROM api_keys "
    "WHERE account = ?1 AND ended_ms IS NULL ORDER BY id",
    "SELECT id, name, created_ms, expires_ms, last_used_ms, spending_limit, spent, daily_limit FROM api_keys "
    "WHERE account = ?1 AND ended_ms IS NULL ORDER BY id",
    "SELECT count(*) FROM api_keys WHERE account = ?1",
    "SELECT i.fingerprint, i.created_ms, t.deleted_ms, i.turn, e.amount, i.available, t.message, t.response, "
    "t.finish_reason, i.answer, coalesce(t.conversation, t.id) FROM idempotency_records i "
    "JOIN turns t ON t.id = i.turn JOIN entries e ON e.id = i.turn WHERE i.account = ?1 AND i.key = ?2",
    "INSERT INTO accounts (id, username, username_key, password_hash, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
    "UPDATE accounts SET password_hash = ?2 WHERE id = ?1",
    "UPDATE accounts SET disabled = ?2 WHERE id = ?1",
    "UPDATE accounts SET daily_limit = ?2 WHERE id = ?1",
    "INSERT INTO login_tokens (account, digest, created_ms) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (account) DO UPDATE SET digest = excluded.digest, created_ms = excluded.created_ms",
    "DELETE FROM login_tokens WHERE account = ?1",
    "UPDATE accounts SET disabled = 1, deleted_ms = ?2 WHERE id = ?1",
    "UPDATE turns SET message = '', response = '', deleted_ms = ?2 "
    "WHERE id IN (SELECT id FROM entries WHERE account = ?1) AND deleted_ms IS NULL",
    "DELETE FROM conversation_titles WHERE conversation IN (SELECT id FROM entries WHERE account = ?1)",
    "DELETE FROM idempotency_records WHERE account = ?1",
    "INSERT INTO api_keys (account, name, digest, created_ms, expires_ms, spending_limit, daily_limit) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "UPDATE api_keys SET ended_ms = ?2 WHERE id = ?1",
    "UPDATE api_keys SET ended_ms = ?2 WHERE account = ?1 AND ended_ms IS NULL",
    "UPDATE api_keys SET daily_limit = ?2 WHERE id = ?1",
    "UPDATE api_keys SET last_used_ms = ?2 WHERE id = ?1",
    "UPDATE api_keys SET spent = spent + ?2, last_used_ms = coalesce(?3, last_used_ms) WHERE id = ?1",
    "INSERT INTO entries (id, account, sequence, kind, amount, balance_after, time_ms, digest, api_key) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "INSERT INTO turns (id, account, message, response, finish_reason, conversation, model, input_model_tokens, "
    "output_model_tokens) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "INSERT OR REPLACE INTO idempotency_records (turn, account, key, fingerprint, available, answer, created_ms) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "DELETE FROM idempotency_records WHERE turn IN (SELECT turn FROM (SELECT turn, created_ms FROM "
    "idempotency_records ORDER BY turn LIMIT ?2) WHERE created_ms <= ?1)",
};
static_assert(statement_texts.size() == delete_idempotency_oldest + 1);

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

base::Result<std::optional<base::Tokens>> optional_tokens_in(const Rows& rows, int column) {
  return rows.null(column) ? base::Result<std::optional<base::Tokens>>(std::nullopt) : tokens_in(rows, column);
}

base::Timestamp time_in(const Rows& rows, int column) {
  return base::Timestamp(std::chrono::milliseconds(rows.integer(column)));
}

std::optional<base::Timestamp> optional_time_in(const Rows& rows, int column) {
  return rows.null(column) ? std::nullopt : std::optional(time_in(rows, column));
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
  TRY(const auto daily_limit, optional_tokens_in(rows, 6));
  return AccountSummary{.account = {rows.integer(0)},
                        .username = std::string(rows.text(1)),
                        .username_key = std::string(rows.text(2)),
                        .created = time_in(rows, 3),
                        .disabled = rows.integer(4) != 0,
                        .balance = {.posted = posted, .held = {}},
                        .daily_limit = daily_limit};
}

base::Result<StatementLine> statement_line_in(const Rows& rows) {
  const auto kind = ledger::entry_kind_from(rows.integer(3));
  if (!kind) return base::internal_error("a stored kind does not exist");
  TRY(const base::Tokens amount, tokens_in(rows, 4));
  TRY(const base::Tokens balance_after, tokens_in(rows, 5));
  StatementLine line{.entry = {.id = {rows.integer(0)},
                               .account = {rows.integer(1)},
                               .sequence = rows.integer(2),
                               .kind = *kind,
                               .amount = amount,
                               .balance_after = balance_after,
                               .time = time_in(rows, 6),
                               .digest = digest_in(rows, 7)},
                     .key = std::nullopt};
  if (!rows.null(8)) line.key = base::KeyId{rows.integer(8)};
  return line;
}

base::Result<EntryOutline> outline_in(const Rows& rows) {
  TRY(const base::Tokens amount, tokens_in(rows, 2));
  EntryOutline outline{.sequence = rows.integer(0),
                       .is_charge = rows.integer(1) == static_cast<std::int64_t>(ledger::EntryKind::charge),
                       .amount = amount,
                       .time = time_in(rows, 3),
                       .key = std::nullopt};
  if (!rows.null(4)) outline.key = base::KeyId{rows.integer(4)};
  return outline;
}

base::Result<ApiKeyRow> key_in(const Rows& rows) {
  TRY(const auto limit, optional_tokens_in(rows, 4));
  TRY(const base::Tokens spent, tokens_in(rows, 5));
  TRY(const auto daily_limit, optional_tokens_in(rows, 6));
  return ApiKeyRow{.id = {rows.integer(0)},
                   .digest = digest_in(rows, 1),
                   .expires = optional_time_in(rows, 2),
                   .last_used = optional_time_in(rows, 3),
                   .limit = limit,
                   .daily_limit = daily_limit,
                   .spent = spent};
}

base::Result<KeySummary> key_summary_in(const Rows& rows) {
  TRY(const auto limit, optional_tokens_in(rows, 5));
  TRY(const base::Tokens spent, tokens_in(rows, 6));
  TRY(const auto daily_limit, optional_tokens_in(rows, 7));
  return KeySummary{.id = {rows.integer(0)},
                    .name = std::string(rows.text(1)),
                    .created = time_in(rows, 2),
                    .expires = optional_time_in(rows, 3),
                    .last_used = optional_time_in(rows, 4),
                    .limit = limit,
                    .daily_limit = daily_limit,
                    .spent = spent};
}

base::Result<IdempotencyRecord> idempotency_in(const Rows& rows) {
  TRY(const base::Tokens amount, tokens_in(rows, 4));
  TRY(const base::Tokens available, tokens_in(rows, 5));
  return IdempotencyRecord{.fingerprint = digest_in(rows, 0),
                           .created = time_in(rows, 1),
                           .text_deleted = !rows.null(2),
                           .replay = {.turn = {rows.integer(3)},
                                      .conversation = {rows.integer(10)},
                                      .charge = amount.negated(),
                                      .available = available,
                                      .message = std::string(rows.text(6)),
                                      .response = std::string(rows.text(7)),
                                      .finish_reason = std::string(rows.null(8) ? usual_finish_reason : rows.text(8)),
                                      .answer = std::string(rows.text(9))}};
}

/// All rows, each as `read` has it.
template <class Read>
auto all_in(Rows rows, Read read) -> base::Result<std::vector<typename decltype(read(rows))::value_type>> {
  std::vector<typename decltype(read(rows))::value_type> all;
  for (;;) {
    TRY(const bool found, rows.step());
    if (!found) return all;
    TRY(auto one, read(rows));
    all.push_back(std::move(one));
  }
}

/// The first row as `read` has it, or nothing.
template <class Read>
auto first_in(Rows rows, Read read) -> base::Result<std::optional<typename decltype(read(rows))::value_type>> {
  TRY(const bool found, rows.step());
  if (!found) return std::optional<typename decltype(read(rows))::value_type>();
  TRY(auto one, read(rows));
  return std::optional(std::move(one));
}

/// What an engine says is not always sense, and no reason to lose the turn.
bool is_counted(const TurnUsage& usage) {
  return usage.input_model_tokens >= 0 && usage.output_model_tokens >= 0;
}

std::int64_t ms_of(base::Timestamp time) {
  return time.time_since_epoch().count();
}

std::optional<std::int64_t> ms_of(std::optional<base::Timestamp> time) {
  if (!time) return std::nullopt;
  return ms_of(*time);
}

std::optional<std::int64_t> count_of(std::optional<base::Tokens> tokens) {
  if (!tokens) return std::nullopt;
  return tokens->count();
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
  TRY(const auto daily_limit, optional_tokens_in(rows, 6));
  AccountRow row{.disabled = rows.integer(0) != 0,
                 .deleted = !rows.null(1),
                 .login_token = {},
                 .daily_limit = daily_limit,
                 .head = {}};
  if (!rows.null(2)) row.login_token = digest_in(rows, 2);
  if (!rows.null(3)) {
    TRY(const base::Tokens balance, tokens_in(rows, 4));
    row.head = {.balance = balance, .sequence = rows.integer(3), .digest = digest_in(rows, 5)};
  }
  return row;
}

base::Result<std::optional<Login>> Records::login(std::string_view username_key) {
  TRY(auto found, login_in(statements_[select_login_by_key].start(username_key)));
  return found && found->username_key == username_key ? std::move(found) : std::nullopt;
}

base::Result<std::optional<Login>> Records::login(base::AccountId account) {
  return login_in(statements_[select_login_by_id].start(account.value));
}

base::Result<std::vector<AccountSummary>> Records::accounts_after(std::string_view username_key,
                                                                  std::int32_t count_max) {
  return all_in(statements_[select_accounts_after].start(username_key, std::int64_t{count_max}), summary_in);
}

base::Result<std::optional<AccountSummary>> Records::summary(base::AccountId account) {
  return first_in(statements_[select_summary].start(account.value), summary_in);
}

base::Result<std::vector<StatementLine>> Records::entries_before(base::AccountId account, std::int64_t sequence,
                                                                 std::int32_t count_max) {
  return all_in(statements_[select_entries_before].start(account.value, sequence, std::int64_t{count_max}),
                statement_line_in);
}

base::Result<void> Records::visit_entries(base::AccountId account, std::int64_t from, std::int32_t count_max,
                                          const std::function<bool(const EntryOutline&)>& visit) {
  Rows rows = statements_[select_entry_outlines].start(account.value, from, std::int64_t{count_max});
  for (;;) {
    TRY(const bool found, rows.step());
    if (!found) return {};
    TRY(const EntryOutline outline, outline_in(rows));
    if (!visit(outline)) return {};
  }
}

base::Result<std::vector<ApiKeyRow>> Records::keys(base::AccountId account) {
  return all_in(statements_[select_keys].start(account.value), key_in);
}

base::Result<std::vector<KeySummary>> Records::key_summaries(base::AccountId account) {
  return all_in(statements_[select_key_summaries].start(account.value), key_summary_in);
}

base::Result<std::optional<IdempotencyRecord>> Records::idempotency(base::AccountId account, std::string_view key) {
  return first_in(statements_[select_idempotency].start(account.value, key), idempotency_in);
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

base::Result<void> Records::set_daily_limit(base::AccountId account, std::optional<base::Tokens> limit) {
  return statements_[update_daily_limit].run(account.value, count_of(limit));
}

base::Result<void> Records::put_login_token(base::AccountId account, const crypto::Digest& digest,
                                            base::Timestamp created) {
  return statements_[upsert_login_token].run(account.value, std::span<const std::byte>(digest), ms_of(created));
}

base::Result<void> Records::delete_login_token(base::AccountId account) {
  return statements_[delete_login_token_row].run(account.value);
}

base::Result<void> Records::delete_account(base::AccountId account, base::Timestamp deleted) {
  TRY_VOID(statements_[update_deleted].run(account.value, ms_of(deleted)));
  TRY_VOID(statements_[delete_texts].run(account.value, ms_of(deleted)));
  TRY_VOID(statements_[delete_titles_of_account].run(account.value));
  return statements_[delete_idempotency_of_account].run(account.value);
}

// Ids rise, since no row is ever deleted.
base::Result<std::int64_t> Records::keys_made(base::AccountId account) {
  Rows rows = statements_[select_keys_made].start(account.value);
  TRY(const bool found, rows.step());
  return found ? rows.integer(0) : 0;
}

base::Result<base::KeyId> Records::insert_key(base::AccountId account, const NewKey& key, base::Timestamp created) {
  TRY_VOID(statements_[insert_key_row].run(account.value, key.name, std::span<const std::byte>(key.digest),
                                           ms_of(created), ms_of(key.expires), count_of(key.limit),
                                           count_of(key.daily_limit)));
  return base::KeyId{statements_[insert_key_row].last_inserted()};
}

base::Result<void> Records::end_key(base::KeyId key, base::Timestamp ended) {
  return statements_[update_key_ended].run(key.value, ms_of(ended));
}

base::Result<void> Records::end_keys(base::AccountId account, base::Timestamp ended) {
  return statements_[update_keys_ended].run(account.value, ms_of(ended));
}

base::Result<void> Records::set_key_daily_limit(base::KeyId key, std::optional<base::Tokens> limit) {
  return statements_[update_key_daily_limit].run(key.value, count_of(limit));
}

base::Result<void> Records::set_key_last_used(base::KeyId key, base::Timestamp last_used) {
  return statements_[update_key_last_used].run(key.value, ms_of(last_used));
}

base::Result<void> Records::add_to_key_spent(base::KeyId key, base::Tokens charge,
                                             std::optional<base::Timestamp> last_used) {
  return statements_[update_key_spent].run(key.value, charge.count(), ms_of(last_used));
}

base::Result<void> Records::insert_entry(const ledger::Entry& entry, std::optional<base::KeyId> key) {
  std::optional<std::int64_t> key_value;
  if (key) key_value = key->value;
  return statements_[insert_entry_row].run(
      entry.id.value, entry.account.value, entry.sequence, static_cast<std::int64_t>(entry.kind), entry.amount.count(),
      entry.balance_after.count(), ms_of(entry.time), std::span<const std::byte>(entry.digest), key_value);
}

base::Result<void> Records::insert_turn(base::TurnId turn, base::AccountId account, const Settlement& settlement,
                                        std::optional<base::ConversationId> conversation) {
  std::optional<std::string_view> finish_reason;
  if (settlement.finish_reason != usual_finish_reason) finish_reason = settlement.finish_reason;
  std::optional<std::string_view> model;
  if (!settlement.model.empty()) model = settlement.model;
  std::optional<std::int64_t> conversation_value;
  if (conversation) conversation_value = conversation->value;
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  if (settlement.usage && is_counted(*settlement.usage)) {
    input = settlement.usage->input_model_tokens;
    output = settlement.usage->output_model_tokens;
  }
  return statements_[insert_turn_row].run(turn.value, account.value, settlement.message, settlement.response,
                                          finish_reason, conversation_value, model, input, output);
}

base::Result<void> Records::put_idempotency(base::TurnId turn, base::AccountId account, const Idempotency& idempotency,
                                            base::Tokens available, std::string_view answer, base::Timestamp created) {
  return statements_[replace_idempotency].run(turn.value, account.value, idempotency.key,
                                              std::span<const std::byte>(idempotency.fingerprint), available.count(),
                                              answer, ms_of(created));
}

base::Result<void> Records::delete_idempotency(base::Timestamp until, std::int32_t count_max) {
  return statements_[delete_idempotency_oldest].run(ms_of(until), std::int64_t{count_max});
}

}  // namespace parley::store::sqlite
