#pragma once
// The rows of the tables: every statement that the writer runs, prepared once.

#include <functional>
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
  bool deleted = false;
  std::optional<crypto::Digest> login_token;
  std::optional<base::Tokens> daily_limit;
  ledger::Head head;
};

/// What the tables say of an API key that the writer keeps in memory.
struct ApiKeyRow {
  base::KeyId id;
  crypto::Digest digest{};
  std::optional<base::Timestamp> expires;
  std::optional<base::Timestamp> last_used;
  std::optional<base::Tokens> limit;
  std::optional<base::Tokens> daily_limit;
  base::Tokens spent;
};

/// Of an entry, what says how much was spent, when, and with which key.
struct EntryOutline {
  std::int64_t sequence = 0;
  bool is_charge = false;
  base::Tokens amount;  ///< negative for a charge
  base::Timestamp time;
  std::optional<base::KeyId> key;
};

/// What is kept of an idempotency key once its turn is settled, and that turn.
struct IdempotencyRecord {
  crypto::Digest fingerprint{};
  base::Timestamp created;
  bool text_deleted = false;
  Replay replay;
};

/// What a turn's finish_reason is where its column says nothing: ordinary turns pay nothing for it.
inline constexpr std::string_view usual_finish_reason = "stop";

/// Reads and writes; knows no rules. Writes belong in a transaction that the caller began.
class Records {
 public:
  static base::Result<Records> prepare(Connection& connection);

  /// The id of the newest entry, 0 where there is none.
  base::Result<std::int64_t> last_entry_id();

  base::Result<std::optional<AccountRow>> account(base::AccountId account);
  /// A name that is nobody's costs the same reads: those of its neighbour.
  base::Result<std::optional<Login>> login(std::string_view username_key);
  base::Result<std::optional<Login>> login(base::AccountId account);
  /// As Store::list_accounts(), with `held` left at zero.
  base::Result<std::vector<AccountSummary>> accounts_after(std::string_view username_key, std::int32_t count_max);
  /// The same of one account.
  base::Result<std::optional<AccountSummary>> summary(base::AccountId account);
  /// As Store::statement().
  base::Result<std::vector<StatementLine>> entries_before(base::AccountId account, std::int64_t sequence,
                                                          std::int32_t count_max);
  /// Calls `visit` for the account's entries from this sequence down, while it says true and for at most `count_max`.
  base::Result<void> visit_entries(base::AccountId account, std::int64_t from, std::int32_t count_max,
                                   const std::function<bool(const EntryOutline&)>& visit);
  /// The account's API keys that have not ended, oldest first.
  base::Result<std::vector<ApiKeyRow>> keys(base::AccountId account);
  base::Result<std::vector<KeySummary>> key_summaries(base::AccountId account);
  base::Result<std::optional<IdempotencyRecord>> idempotency(base::AccountId account, std::string_view key);

  base::Result<void> insert_account(base::AccountId id, const NewAccount& account, base::Timestamp created);
  base::Result<void> set_password_hash(base::AccountId account, std::string_view password_hash);
  base::Result<void> set_disabled(base::AccountId account, bool disabled);
  base::Result<void> set_daily_limit(base::AccountId account, std::optional<base::Tokens> limit);
  base::Result<void> put_login_token(base::AccountId account, const crypto::Digest& digest, base::Timestamp created);
  base::Result<void> delete_login_token(base::AccountId account);
  /// Marks the account as disabled and deleted, and deletes the texts of its turns, its titles and its idempotency
  /// records.
  base::Result<void> delete_account(base::AccountId account, base::Timestamp deleted);

  /// Those that have ended included.
  base::Result<std::int64_t> keys_made(base::AccountId account);
  base::Result<base::KeyId> insert_key(base::AccountId account, const NewKey& key, base::Timestamp created);
  base::Result<void> end_key(base::KeyId key, base::Timestamp ended);
  base::Result<void> end_keys(base::AccountId account, base::Timestamp ended);
  base::Result<void> set_key_daily_limit(base::KeyId key, std::optional<base::Tokens> limit);
  base::Result<void> set_key_last_used(base::KeyId key, base::Timestamp last_used);
  /// Nothing for `last_used` leaves it as it is.
  base::Result<void> add_to_key_spent(base::KeyId key, base::Tokens charge, std::optional<base::Timestamp> last_used);

  base::Result<void> insert_entry(const ledger::Entry& entry, std::optional<base::KeyId> key = std::nullopt);
  /// `conversation` is the one that it goes on with, whatever the settlement says; nothing where it begins its own.
  base::Result<void> insert_turn(base::TurnId turn, base::AccountId account, const Settlement& settlement,
                                 std::optional<base::ConversationId> conversation);
  /// Takes the place of an older record of the same key.
  base::Result<void> put_idempotency(base::TurnId turn, base::AccountId account, const Idempotency& idempotency,
                                     base::Tokens available, std::string_view answer, base::Timestamp created);
  /// Looks at the `count_max` oldest records and deletes those that were created at `until` or before.
  base::Result<void> delete_idempotency(base::Timestamp until, std::int32_t count_max);

 private:
  explicit Records(std::vector<Statement> statements) : statements_(std::move(statements)) {}

  std::vector<Statement> statements_;
};

}  // namespace parley::store::sqlite
