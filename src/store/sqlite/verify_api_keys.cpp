#include "store/sqlite/verify_api_keys.h"

#include <map>
#include <string>

#include "store/sqlite/statement.h"
#include "store/sqlite/verify.h"
#include "store/sqlite/verify_pace.h"

namespace parley::store::sqlite {
namespace {

constexpr const char* select_next_account =
    "SELECT k.account, a.id FROM api_keys k LEFT JOIN accounts a ON a.id = k.account "
    "WHERE k.account > ?1 ORDER BY k.account LIMIT 1";
constexpr const char* select_amounts =
    "SELECT sequence, api_key, amount FROM entries WHERE account = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3";
// Both numbers of a row are of the same moment: what was charged since the entries were read is in both.
constexpr const char* select_spent =
    "SELECT k.id, k.spent, (SELECT coalesce(sum(e.amount), 0) FROM entries e "
    "WHERE e.account = k.account AND e.sequence > ?2 AND e.api_key = k.id) FROM api_keys k WHERE k.account = ?1";

/// Goes through the accounts that have keys.
class ApiKeyCheck {
 public:
  ApiKeyCheck(VerifyReport& report, Statement next_account, Statement amounts, Statement spent)
      : report_(report),
        next_account_(std::move(next_account)),
        amounts_(std::move(amounts)),
        spent_(std::move(spent)) {}

  base::Result<void> run() {
    for (;;) {
      TRY(const bool found, find_account());
      if (!found) return {};
      for (std::int64_t rows = rows_per_transaction; rows == rows_per_transaction;) {
        TRY(rows, add_some());
      }
      TRY_VOID(compare());
    }
  }

 private:
  base::Result<bool> find_account() {
    const std::int64_t after = account_;
    Rows rows = next_account_.start(after);
    TRY(const bool found, rows.step());
    if (!found) return false;
    account_ = rows.integer(0);
    sequence_ = before_all;
    sums_.clear();
    if (rows.null(1)) report_.add({.invariant = api_key_has_account, .what = "account " + std::to_string(account_)});
    return true;
  }

  base::Result<std::int64_t> add_some() {
    const std::int64_t after = sequence_;
    Rows rows = amounts_.start(account_, after, rows_per_transaction);
    for (std::int64_t count = 0;; ++count) {
      TRY(const bool found, rows.step());
      if (!found) return count;
      sequence_ = rows.integer(0);
      if (!rows.null(1)) add(rows.integer(1), rows.integer(2));
    }
  }

  void add(std::int64_t key, std::int64_t amount) {
    auto& sum = sums_.try_emplace(key, base::Tokens()).first->second;
    const auto tokens = base::Tokens::from(amount);
    sum = sum && tokens ? sum->plus(*tokens) : std::nullopt;
  }

  base::Result<void> compare() {
    Rows rows = spent_.start(account_, sequence_);
    for (;;) {
      TRY(const bool found, rows.step());
      if (!found) return {};
      const auto sum = sums_.find(rows.integer(0));
      const auto charged = sum != sums_.end() ? sum->second : base::Tokens();
      const auto spent = base::Tokens::from(rows.integer(1));
      const auto later = base::Tokens::from(rows.integer(2));
      const bool exact = charged && spent && later && spent->plus(*later) == charged->negated();
      if (exact) continue;
      report_.add({.invariant = api_key_spent_is_charged,
                   .what = "API key " + std::to_string(rows.integer(0)) + ": account " + std::to_string(account_)});
    }
  }

  VerifyReport& report_;
  Statement next_account_;
  Statement amounts_;
  Statement spent_;
  std::int64_t account_ = before_all;
  std::int64_t sequence_ = before_all;
  std::map<std::int64_t, std::optional<base::Tokens>> sums_;  ///< by key; nothing out of range
};

}  // namespace

base::Result<void> check_api_keys(Connection& connection, VerifyReport& report) {
  TRY(Statement next_account, Statement::prepare(connection, select_next_account));
  TRY(Statement amounts, Statement::prepare(connection, select_amounts));
  TRY(Statement spent, Statement::prepare(connection, select_spent));
  return ApiKeyCheck(report, std::move(next_account), std::move(amounts), std::move(spent)).run();
}

}  // namespace parley::store::sqlite
