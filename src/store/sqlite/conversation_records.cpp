#include "store/sqlite/conversation_records.h"

#include <array>

#include "store/sqlite/records.h"

namespace parley::store::sqlite {
namespace {

enum Sql : std::size_t {
  select_has,
  select_summary,
  select_title,
  select_first_messages,
  select_turns_before,
  select_newest_within,
  select_entry_id,
  upsert_title,
  delete_title,
  delete_texts_of_first,
  delete_texts_of_others,
  delete_answer_of_first,
  delete_answers_of_others,
};

// In the order of Sql. What a conversation's later turns are asked for is in their index alone, which their ids end. A
// column that is NULL costs nothing to read, but one behind long texts means to follow these through the file.
constexpr std::array statement_texts{
    "SELECT 1 FROM turns WHERE id = ?2 AND account = ?1 AND conversation IS NULL AND deleted_ms IS NULL",
    "SELECT f.id, c.title, e.time_ms, l.time_ms, 1 + (SELECT count(*) FROM turns WHERE conversation = ?1), l.id "
    "FROM turns f JOIN entries e ON e.id = f.id "
    "JOIN entries l ON l.id = coalesce((SELECT max(id) FROM turns WHERE conversation = ?1), ?1) "
    "LEFT JOIN conversation_titles c ON c.conversation = f.id "
    "WHERE f.id = ?1 AND f.conversation IS NULL AND f.deleted_ms IS NULL",
    "SELECT title FROM conversation_titles WHERE conversation = ?1",
    "SELECT id, message FROM turns WHERE id = ?1 UNION ALL SELECT id, message FROM turns WHERE conversation = ?1 "
    "ORDER BY 1 LIMIT ?2",
    "SELECT t.id, e.time_ms, e.amount, t.message, t.response, t.finish_reason, t.model, t.input_model_tokens, "
    "t.output_model_tokens FROM turns t JOIN entries e ON e.id = t.id WHERE t.conversation = ?1 AND t.id < ?2 "
    "UNION ALL "
    "SELECT t.id, e.time_ms, e.amount, t.message, t.response, t.finish_reason, t.model, t.input_model_tokens, "
    "t.output_model_tokens FROM turns t JOIN entries e ON e.id = t.id WHERE t.id = ?1 AND t.id < ?2 "
    "ORDER BY 1 DESC LIMIT ?3",
    "SELECT coalesce(t.conversation, t.id), t.id, e.sequence FROM entries e JOIN turns t ON t.id = e.id "
    "WHERE e.account = ?1 AND e.sequence >= ?2 AND e.sequence < ?3 AND t.deleted_ms IS NULL AND NOT EXISTS "
    "(SELECT 1 FROM turns l WHERE l.conversation = coalesce(t.conversation, t.id) AND l.id > t.id) "
    "ORDER BY e.sequence DESC LIMIT 1",
    "SELECT id FROM entries WHERE account = ?1 AND sequence = ?2",
    "INSERT INTO conversation_titles (conversation, account, title) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (conversation) DO UPDATE SET title = excluded.title",
    "DELETE FROM conversation_titles WHERE conversation = ?1",
    "UPDATE turns SET message = '', response = '', deleted_ms = ?2 WHERE id = ?1",
    "UPDATE turns SET message = '', response = '', deleted_ms = ?2 WHERE conversation = ?1",
    "UPDATE idempotency_records SET answer = '' WHERE turn = ?1",
    "UPDATE idempotency_records SET answer = '' WHERE turn IN (SELECT id FROM turns WHERE conversation = ?1)",
};
static_assert(statement_texts.size() == delete_answers_of_others + 1);

base::Timestamp time_in(const Rows& rows, int column) {
  return base::Timestamp(std::chrono::milliseconds(rows.integer(column)));
}

base::Result<TurnRecord> turn_in(const Rows& rows) {
  const auto amount = base::Tokens::from(rows.integer(2));
  if (!amount) return base::internal_error("a stored amount is out of range");
  TurnRecord turn{.turn = {rows.integer(0)},
                  .time = time_in(rows, 1),
                  .charge = amount->negated(),
                  .message = std::string(rows.text(3)),
                  .response = std::string(rows.text(4)),
                  .finish_reason = std::string(rows.null(5) ? usual_finish_reason : rows.text(5)),
                  .model = std::string(rows.text(6))};
  if (!rows.null(7)) turn.usage = TurnUsage{rows.integer(7), rows.integer(8)};
  return turn;
}

}  // namespace

base::Result<ConversationRecords> ConversationRecords::prepare(Connection& connection) {
  std::vector<Statement> statements;
  statements.reserve(statement_texts.size());
  for (const char* text : statement_texts) {
    TRY(Statement statement, Statement::prepare(connection, text));
    statements.push_back(std::move(statement));
  }
  return ConversationRecords(std::move(statements));
}

base::Result<bool> ConversationRecords::has(base::AccountId account, base::ConversationId conversation) {
  return statements_[select_has].start(account.value, conversation.value).step();
}

base::Result<std::optional<ConversationSummary>> ConversationRecords::summary(base::ConversationId conversation) {
  Rows rows = statements_[select_summary].start(conversation.value);
  TRY(const bool found, rows.step());
  if (!found) return std::optional<ConversationSummary>();
  return ConversationSummary{.conversation = {rows.integer(0)},
                             .title = std::string(rows.text(1)),
                             .created = time_in(rows, 2),
                             .updated = time_in(rows, 3),
                             .turns = rows.integer(4),
                             .last_turn = {rows.integer(5)}};
}

base::Result<std::string> ConversationRecords::title(base::ConversationId conversation) {
  Rows rows = statements_[select_title].start(conversation.value);
  TRY(const bool found, rows.step());
  return found ? std::string(rows.text(0)) : std::string();
}

base::Result<std::vector<std::string>> ConversationRecords::first_messages(base::ConversationId conversation,
                                                                           std::int32_t count_max) {
  Rows rows = statements_[select_first_messages].start(conversation.value, std::int64_t{count_max});
  std::vector<std::string> messages;
  for (;;) {
    TRY(const bool found, rows.step());
    if (!found) return messages;
    messages.emplace_back(rows.text(1));
  }
}

base::Result<std::vector<TurnRecord>> ConversationRecords::turns_before(base::ConversationId conversation,
                                                                        base::TurnId before, std::int32_t count_max,
                                                                        std::size_t bytes_max) {
  Rows rows = statements_[select_turns_before].start(conversation.value, before.value, std::int64_t{count_max});
  std::vector<TurnRecord> turns;
  for (std::size_t bytes = 0;;) {
    TRY(const bool found, rows.step());
    if (!found) return turns;
    bytes += rows.text(3).size() + rows.text(4).size();
    if (bytes > bytes_max && !turns.empty()) return turns;
    TRY(TurnRecord turn, turn_in(rows));
    turns.push_back(std::move(turn));
  }
}

base::Result<std::optional<ListedConversation>> ConversationRecords::newest_within(base::AccountId account,
                                                                                   std::int64_t from,
                                                                                   std::int64_t below) {
  Rows rows = statements_[select_newest_within].start(account.value, from, below);
  TRY(const bool found, rows.step());
  if (!found) return std::optional<ListedConversation>();
  return ListedConversation{
      .conversation = {rows.integer(0)}, .last_turn = {rows.integer(1)}, .sequence = rows.integer(2)};
}

base::Result<std::int64_t> ConversationRecords::entry_id(base::AccountId account, std::int64_t sequence) {
  Rows rows = statements_[select_entry_id].start(account.value, sequence);
  TRY(const bool found, rows.step());
  return found ? rows.integer(0) : 0;
}

base::Result<void> ConversationRecords::set_title(base::AccountId account, base::ConversationId conversation,
                                                  std::string_view title) {
  if (title.empty()) return statements_[delete_title].run(conversation.value);
  return statements_[upsert_title].run(conversation.value, account.value, title);
}

base::Result<void> ConversationRecords::delete_conversation(base::ConversationId conversation,
                                                            base::Timestamp deleted) {
  const std::int64_t deleted_ms = deleted.time_since_epoch().count();
  TRY_VOID(statements_[delete_texts_of_first].run(conversation.value, deleted_ms));
  TRY_VOID(statements_[delete_texts_of_others].run(conversation.value, deleted_ms));
  TRY_VOID(statements_[delete_answer_of_first].run(conversation.value));
  TRY_VOID(statements_[delete_answers_of_others].run(conversation.value));
  return statements_[delete_title].run(conversation.value);
}

}  // namespace parley::store::sqlite
