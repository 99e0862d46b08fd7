#include "store/sqlite/verify_conversations.h"

#include <string>

#include "store/sqlite/statement.h"
#include "store/sqlite/verify.h"
#include "store/sqlite/verify_pace.h"

namespace parley::store::sqlite {
namespace {

constexpr const char* select_turns =
    "SELECT t.id, t.account, t.conversation, t.deleted_ms, t.input_model_tokens, t.output_model_tokens, f.account, "
    "f.conversation, f.deleted_ms FROM turns t LEFT JOIN turns f ON f.id = t.conversation WHERE t.id > ?1 "
    "ORDER BY t.id LIMIT ?2";
constexpr const char* select_titles =
    "SELECT c.conversation, c.account, f.account, f.conversation, f.deleted_ms FROM conversation_titles c "
    "LEFT JOIN turns f ON f.id = c.conversation WHERE c.conversation > ?1 ORDER BY c.conversation LIMIT ?2";

std::string of_account(const Rows& row, std::int64_t account) {
  return std::to_string(row.integer(0)) + ": account " + std::to_string(account);
}

/// What is wrong with the turn that is said to begin a conversation of `account`, if anything; `column` is the first of
/// its account, conversation and deletion.
const char* fault_of_first(const Rows& row, int column, std::int64_t account) {
  if (row.null(column)) return ": no such turn";
  if (row.integer(column) != account) return ": its first turn is another account's";
  if (!row.null(column + 1)) return ": its first turn goes on with another";
  return nullptr;
}

void check_usage(const Rows& turn, const std::string& place, VerifyReport& report) {
  if (turn.null(4) && turn.null(5)) return;
  const bool counted = !turn.null(4) && !turn.null(5) && turn.integer(4) >= 0 && turn.integer(5) >= 0;
  if (!counted) report.add({.invariant = usage_is_counted, .what = place});
}

void check_turn(const Rows& turn, VerifyReport& report) {
  const std::string place = "turn " + of_account(turn, turn.integer(1));
  check_usage(turn, place, report);
  if (turn.null(2)) return;
  const char* fault = fault_of_first(turn, 6, turn.integer(1));
  if (fault == nullptr && turn.integer(2) >= turn.integer(0)) fault = ": its first turn is no earlier one";
  if (fault != nullptr) return report.add({.invariant = turn_has_conversation, .what = place + fault});
  if (turn.null(3) != turn.null(8)) report.add({.invariant = conversation_deleted_whole, .what = place});
}

void check_title(const Rows& title, VerifyReport& report) {
  const char* fault = fault_of_first(title, 2, title.integer(1));
  if (fault == nullptr && !title.null(4)) fault = ": its texts were deleted";
  if (fault == nullptr) return;
  report.add(
      {.invariant = title_has_conversation, .what = "conversation " + of_account(title, title.integer(1)) + fault});
}

/// Puts each row to `check`, by rising first columns.
base::Result<void> check_each(Connection& connection, const char* select, void (*check)(const Rows&, VerifyReport&),
                              VerifyReport& report) {
  TRY(Statement statement, Statement::prepare(connection, select));
  std::int64_t last = before_all;
  for (std::int64_t count = rows_per_transaction; count == rows_per_transaction;) {
    const std::int64_t after = last;
    Rows rows = statement.start(after, rows_per_transaction);
    for (count = 0;; ++count) {
      TRY(const bool found, rows.step());
      if (!found) break;
      last = rows.integer(0);
      check(rows, report);
    }
  }
  return {};
}

}  // namespace

base::Result<void> check_conversations(Connection& connection, VerifyReport& report) {
  TRY_VOID(check_each(connection, select_turns, &check_turn, report));
  return check_each(connection, select_titles, &check_title, report);
}

}  // namespace parley::store::sqlite
