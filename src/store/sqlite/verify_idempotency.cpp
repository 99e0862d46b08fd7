#include "store/sqlite/verify_idempotency.h"

#include <string>

#include "store/sqlite/statement.h"
#include "store/sqlite/verify.h"
#include "store/sqlite/verify_pace.h"

namespace parley::store::sqlite {
namespace {

// What counts twins doesn't rest on the constraints of the table, but their indexes make it cheap.
constexpr const char* select_records =
    "SELECT i.turn, i.account, t.account, "
    "(SELECT count(*) FROM idempotency_records o WHERE o.turn = i.turn), "
    "(SELECT count(*) FROM idempotency_records o WHERE o.account = i.account AND o.key = i.key) "
    "FROM idempotency_records i LEFT JOIN turns t ON t.id = i.turn WHERE i.turn > ?1 ORDER BY i.turn LIMIT ?2";

void check(const Rows& record, VerifyReport& report) {
  const std::string place =
      "turn " + std::to_string(record.integer(0)) + ": account " + std::to_string(record.integer(1));
  if (record.null(2) || record.integer(2) != record.integer(1)) {
    report.add({.invariant = idempotency_has_turn,
                .what = place + (record.null(2) ? ": no turn" : ": its turn is another account's")});
  }
  if (record.integer(3) > 1) report.add({.invariant = idempotency_turn_once, .what = place});
  if (record.integer(4) > 1) report.add({.invariant = idempotency_key_once, .what = place});
}

}  // namespace

base::Result<void> check_idempotency(Connection& connection, VerifyReport& report) {
  TRY(Statement statement, Statement::prepare(connection, select_records));
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

}  // namespace parley::store::sqlite
