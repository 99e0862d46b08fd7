#pragma once
// The rows of the tables: every statement that the writer runs, prepared once.

#include <optional>
#include <vector>

#include "crypto/digest.h"
#include "ledger/head.h"
#include "store/sqlite/statement.h"
#include "store/store.h"

namespace parley::store::sqlite {

/// What the tables say of an account that the writer keeps in memory.
struct AccountRow {
  bool disabled = false;
  std::optional<crypto::Digest> login_token;
  ledger::Head head;
};

/// Reads and writes; knows no rules. Writes belong in a transaction that the caller began.
class Records {
 public:
  static base::Result<Records> prepare(Connection& connection);

  /// The id of the newest entry, 0 where there is none.
  base::Result<std::int64_t> last_entry_id();

  base::Result<std::optional<AccountRow>> account(base::AccountId account);
  base::Result<std::optional<Login>> login(std::string_view username_key);
  base::Result<std::optional<Login>> login(base::AccountId account);
  /// As Store::list_accounts(), with `held` left at zero.
  base::Result<std::vector<AccountSummary>> accounts_after(std::string_view username_key, std::int32_t count_max);

  base::Result<void> insert_account(base::AccountId id, const NewAccount& account, base::Timestamp created);
  base::Result<void> set_password_hash(base::AccountId account, std::string_view password_hash);
  base::Result<void> set_disabled(base::AccountId account, bool disabled);
  base::Result<void> put_login_token(base::AccountId account, const crypto::Digest& digest, base::Timestamp created);
  base::Result<void> delete_login_token(base::AccountId account);
  base::Result<void> insert_entry(const ledger::Entry& entry);
  base::Result<void> insert_turn(base::TurnId turn, base::AccountId account, std::string_view message,
                                 std::string_view response);

 private:
  explicit Records(std::vector<Statement> statements) : statements_(std::move(statements)) {}

  std::vector<Statement> statements_;
};

}  // namespace parley::store::sqlite
