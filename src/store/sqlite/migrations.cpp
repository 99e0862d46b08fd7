#include "store/sqlite/migrations.h"

#include <array>
#include <string>

namespace parley::store::sqlite {
namespace {

// Append-only tables in the order of commits, and one index: rows clustered by account, a second index or a balance
// column would each make a chat cost more than twice as much.
constexpr const char* ledger_and_turns = R"sql(
  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
  ) STRICT;

  CREATE TABLE login_tokens (
    account INTEGER PRIMARY KEY REFERENCES accounts (id),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    created_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE entries (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    account INTEGER NOT NULL REFERENCES accounts (id),
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 6),
    amount INTEGER NOT NULL,
    balance_after INTEGER NOT NULL CHECK (balance_after >= 0),
    time_ms INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    UNIQUE (account, sequence)
  ) STRICT;

  CREATE TABLE turns (
    id INTEGER PRIMARY KEY REFERENCES entries (id),
    account INTEGER NOT NULL,
    message TEXT NOT NULL,
    response TEXT NOT NULL
  ) STRICT;
)sql";

// The nullable columns cost an ordinary chat a byte each. No API key's row is ever deleted: entries refer to it.
constexpr const char* api_keys_and_idempotency = R"sql(
  CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    spending_limit INTEGER CHECK (spending_limit >= 0),
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    last_used_ms INTEGER,
    ended_ms INTEGER
  ) STRICT;
  CREATE INDEX api_keys_by_account ON api_keys (account, ended_ms);

  CREATE TABLE idempotency_records (
    turn INTEGER PRIMARY KEY REFERENCES turns (id),
    account INTEGER NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    available INTEGER NOT NULL CHECK (available >= 0),
    answer TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (account, key)
  ) STRICT;

  ALTER TABLE accounts ADD COLUMN deleted_ms INTEGER;
  ALTER TABLE entries ADD COLUMN api_key INTEGER REFERENCES api_keys (id);
  ALTER TABLE turns ADD COLUMN finish_reason TEXT; -- NULL means "stop"
  ALTER TABLE turns ADD COLUMN deleted_ms INTEGER; -- the texts were deleted then
)sql";

// A turn that begins its own conversation, as most do, gets neither a row nor an index entry for it.
constexpr const char* conversations_usage_and_daily_limits = R"sql(
  ALTER TABLE turns ADD COLUMN conversation INTEGER; -- NULL: the turn begins its own, whose id is the turn's
  ALTER TABLE turns ADD COLUMN model TEXT;
  ALTER TABLE turns ADD COLUMN input_model_tokens INTEGER;
  ALTER TABLE turns ADD COLUMN output_model_tokens INTEGER;
  CREATE INDEX turns_by_conversation ON turns (conversation) WHERE conversation IS NOT NULL;
  CREATE TABLE conversation_titles (
    conversation INTEGER PRIMARY KEY REFERENCES turns (id),
    account INTEGER NOT NULL,
    title TEXT NOT NULL
  ) STRICT;
  ALTER TABLE accounts ADD COLUMN daily_limit INTEGER CHECK (daily_limit >= 0);
  ALTER TABLE api_keys ADD COLUMN daily_limit INTEGER CHECK (daily_limit >= 0);
)sql";

/// Step n leads from version n to n + 1. Never edit one that was released.
constexpr std::array steps{ledger_and_turns, api_keys_and_idempotency, conversations_usage_and_daily_limits};

base::Error refused(std::string message) {
  return {.code = base::ErrorCode::store_unavailable, .message = std::move(message), .detail = "", .retry_after = {}};
}

std::string file_of(Connection& connection) {
  return sqlite3_db_filename(connection.handle(), "main");
}

}  // namespace

std::int64_t schema_version() noexcept {
  return static_cast<std::int64_t>(steps.size());
}

base::Result<void> check_schema(Connection& connection) {
  TRY(const std::int64_t version, connection.number("PRAGMA user_version"));
  TRY(const std::int64_t application, connection.number("PRAGMA application_id"));
  TRY(const std::int64_t objects, connection.number("SELECT count(*) FROM sqlite_schema"));
  if (application != application_id && (application != 0 || version != 0 || objects != 0)) {
    return refused("The database " + file_of(connection) + " was not made by parley.");
  }
  if (version > schema_version()) {
    return refused("The database " + file_of(connection) + " has schema version " + std::to_string(version) +
                   ", and this parley knows only version " + std::to_string(schema_version()) +
                   ": use a newer parley.");
  }
  return {};
}

base::Result<void> migrate(Connection& connection) {
  TRY_VOID(check_schema(connection));
  TRY(const std::int64_t version, connection.number("PRAGMA user_version"));
  for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step) {
    TRY_VOID(connection.execute("BEGIN IMMEDIATE"));
    TRY_VOID(connection.execute(steps[step]));
    const std::string marks = "PRAGMA application_id=" + std::to_string(application_id) +
                              "; PRAGMA user_version=" + std::to_string(step + 1) + "; COMMIT";
    TRY_VOID(connection.execute(marks.c_str()));
  }
  return {};
}

}  // namespace parley::store::sqlite
