#include "store/sqlite/verify.h"

#include <algorithm>

#include "ledger/chain.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/statement.h"
#include "store/sqlite/verify_api_keys.h"
#include "store/sqlite/verify_conversations.h"
#include "store/sqlite/verify_idempotency.h"
#include "store/sqlite/verify_pace.h"

namespace parley::store::sqlite {
namespace {

constexpr const char* select_entries =
    "SELECT e.id, e.account, e.sequence, e.kind, e.amount, e.balance_after, e.time_ms, e.digest, t.account, a.id, "
    "e.api_key, k.account FROM entries e LEFT JOIN turns t ON t.id = e.id LEFT JOIN accounts a ON a.id = e.account "
    "LEFT JOIN api_keys k ON k.id = e.api_key "
    "WHERE (e.account, e.sequence) > (?1, ?2) ORDER BY e.account, e.sequence LIMIT ?3";
constexpr const char* select_turns =
    "SELECT t.id, e.kind FROM turns t LEFT JOIN entries e ON e.id = t.id WHERE t.id > ?1 ORDER BY t.id LIMIT ?2";

std::string place(const Rows& entry) {
  return "entry " + std::to_string(entry.integer(0)) + ": account " + std::to_string(entry.integer(1)) + ", sequence " +
         std::to_string(entry.integer(2));
}

/// The entry of a row, or nothing where a number is beyond what an Entry can hold.
std::optional<ledger::Entry> entry_in(const Rows& row) {
  const auto amount = base::Tokens::from(row.integer(4));
  const auto balance_after = base::Tokens::from(row.integer(5));
  const auto digest = row.blob(7);
  ledger::Entry entry{.id = {row.integer(0)},
                      .account = {row.integer(1)},
                      .sequence = row.integer(2),
                      .kind = static_cast<ledger::EntryKind>(row.integer(3)),
                      .amount = amount.value_or(base::Tokens()),
                      .balance_after = balance_after.value_or(base::Tokens()),
                      .time = base::Timestamp(std::chrono::milliseconds(row.integer(6)))};
  const bool kind_fits = row.integer(3) == static_cast<std::int64_t>(entry.kind);
  if (!amount || !balance_after || !kind_fits || digest.size() != entry.digest.size()) return std::nullopt;
  std::ranges::copy(digest, entry.digest.begin());
  return entry;
}

void add_to(std::optional<base::Tokens>& sum, base::Tokens amount) {
  if (sum) sum = sum->plus(amount);
}

/// Goes through the entries in the order of accounts and sequences.
class EntryCheck {
 public:
  EntryCheck(Connection& connection, VerifyReport& report) : connection_(connection), report_(report) {}

  base::Result<void> run() {
    TRY(Statement statement, Statement::prepare(connection_, select_entries));
    for (std::int64_t rows = rows_per_transaction; rows == rows_per_transaction;) {
      TRY(rows, check_some(statement));
    }
    end_account();
    return {};
  }

 private:
  base::Result<std::int64_t> check_some(Statement& statement) {
    const std::int64_t after_account = account_;
    const std::int64_t after_sequence = sequence_;
    Rows rows = statement.start(after_account, after_sequence, rows_per_transaction);
    for (std::int64_t count = 0;; ++count) {
      TRY(const bool found, rows.step());
      if (!found) return count;
      check(rows);
    }
  }

  void check(const Rows& row) {
    const bool first_of_account = row.integer(1) != account_;
    if (first_of_account) end_account();
    account_ = row.integer(1);
    sequence_ = row.integer(2);
    ++report_.entries;
    if (first_of_account && row.null(9)) report_.add({.invariant = entry_has_account, .what = place(row)});
    check_turn(row);
    check_api_key(row);
    const auto entry = entry_in(row);
    if (!entry) return add(ledger::ChainRule::kind, place(row) + ": a number out of range");
    for (const ledger::ChainRule rule : chain_.next(*entry)) add(rule, place(row));
    add_to(report_.sum_of_entries, entry->amount);
  }

  void check_turn(const Rows& row) {
    if (row.integer(3) != static_cast<std::int64_t>(ledger::EntryKind::charge)) return;
    ++report_.charges;
    if (row.null(8) || row.integer(8) != row.integer(1)) {
      report_.add({.invariant = charge_has_turn,
                   .what = place(row) + (row.null(8) ? ": no turn" : ": its turn is another account's")});
    }
  }

  void check_api_key(const Rows& row) {
    if (row.null(10)) return;
    if (row.integer(3) != static_cast<std::int64_t>(ledger::EntryKind::charge)) {
      report_.add({.invariant = only_charges_have_api_key, .what = place(row)});
    }
    if (row.null(11) || row.integer(11) != row.integer(1)) {
      report_.add({.invariant = entry_has_api_key,
                   .what = place(row) + (row.null(11) ? ": no such key" : ": its key is another account's")});
    }
  }

  void end_account() {
    for (const ledger::ChainRule rule : chain_.end()) add(rule, "account " + std::to_string(account_));
    add_to(report_.sum_of_balances, chain_.head().balance);
    chain_ = {};
  }

  void add(ledger::ChainRule rule, std::string what) {
    report_.add({.invariant = std::string(name_of(rule)), .what = std::move(what)});
  }

  Connection& connection_;
  VerifyReport& report_;
  std::int64_t account_ = before_all;
  std::int64_t sequence_ = before_all;
  ledger::ChainChecker chain_;
};

base::Result<void> check_turns(Connection& connection, VerifyReport& report) {
  TRY(Statement statement, Statement::prepare(connection, select_turns));
  std::int64_t last = before_all;
  for (std::int64_t count = rows_per_transaction; count == rows_per_transaction;) {
    const std::int64_t after = last;
    Rows rows = statement.start(after, rows_per_transaction);
    for (count = 0;; ++count) {
      TRY(const bool found, rows.step());
      if (!found) break;
      last = rows.integer(0);
      if (!rows.null(1) && rows.integer(1) == static_cast<std::int64_t>(ledger::EntryKind::charge)) continue;
      report.add({.invariant = turn_has_charge,
                  .what = "turn " + std::to_string(last) + (rows.null(1) ? ": no entry" : ": its entry is no charge")});
    }
    report.turns += count;
  }
  return {};
}

/// Each row of a PRAGMA that lists faults, but "ok", is a finding.
base::Result<void> check_pragma(Connection& connection, const char* pragma, int column, const char* invariant,
                                VerifyReport& report) {
  TRY(Statement statement, Statement::prepare(connection, pragma));
  Rows rows = statement.start();
  for (;;) {
    TRY(const bool found, rows.step());
    if (!found) return {};
    if (rows.text(column) != "ok") report.add({.invariant = invariant, .what = std::string(rows.text(column))});
  }
}

base::Result<void> check_all(Connection& connection, VerifyReport& report) {
  TRY(report.accounts, connection.number("SELECT count(*) FROM accounts"));
  TRY_VOID(EntryCheck(connection, report).run());
  TRY_VOID(check_turns(connection, report));
  TRY_VOID(check_conversations(connection, report));
  TRY_VOID(check_api_keys(connection, report));
  TRY_VOID(check_idempotency(connection, report));
  TRY_VOID(check_pragma(connection, "PRAGMA foreign_key_check(login_tokens)", 1, login_token_has_account, report));
  return check_pragma(connection, "PRAGMA quick_check(100)", 0, file_intact, report);
}

base::Error unusable(std::string message, std::string detail = "") {
  return {.code = base::ErrorCode::store_unavailable,
          .message = std::move(message),
          .detail = std::move(detail),
          .retry_after = {}};
}

base::Result<void> check_version(Connection& connection) {
  TRY_VOID(check_schema(connection));
  TRY(const std::int64_t version, connection.number("PRAGMA user_version"));
  if (version == schema_version()) return {};
  return unusable("The database has schema version " + std::to_string(version) +
                  ", and this parley checks only version " + std::to_string(schema_version()) +
                  ": start the server once to bring it up to date.");
}

/// A page that can't be read as one is a finding; anything else is a reason why there is no report.
base::Result<VerifyReport> report_of(Connection& connection) {
  VerifyReport report;
  auto checked = check_version(connection);
  if (checked.has_value()) checked = check_all(connection, report);
  if (checked.has_value()) return report;
  const auto failure = connection.take_failure();
  if (!failure) return std::move(checked).error();
  const int code = failure->extended_code & 0xff;
  if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB) {
    return unusable("The database can't be read: " + failure->what + ".", failure->what);
  }
  report.add({.invariant = file_intact, .what = failure->what});
  return report;
}

}  // namespace

base::Result<VerifyReport> verify(const std::filesystem::path& folder, const char* vfs) {
  const std::filesystem::path file = folder / database_name;
  if (!std::filesystem::exists(file)) return unusable("There is no database in " + folder.string() + ".");
  return verify_file(file, vfs);
}

base::Result<VerifyReport> verify_file(const std::filesystem::path& file, const char* vfs) {
  auto connection = Connection::open(file, Access::read_only, vfs);
  if (connection.has_error()) {
    return unusable("The database " + file.string() + " can't be opened: " + connection.error().detail + ".");
  }
  return report_of(**connection);
}

}  // namespace parley::store::sqlite
