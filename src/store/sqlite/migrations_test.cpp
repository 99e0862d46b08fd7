// Files of every earlier schema, brought up to date.

#include "store/sqlite/migrations.h"

#include <gmock/gmock.h>

#include "base/manual_clock.h"
#include "ledger/head.h"
#include "store/sqlite/raw_database.h"
#include "store/sqlite/temporary_folder.h"
#include "store/sqlite/verify.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

using ledger::EntryKind;
using testing::HasSubstr;

/// The schema of version 1 as it was released.
constexpr const char* version_1 = R"sql(
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

  PRAGMA application_id=1348563564;
  PRAGMA user_version=1;
)sql";

/// What version 2 added, as it was released.
constexpr const char* version_2 = R"sql(
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

  PRAGMA user_version=2;
)sql";

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += "0123456789abcdef"[std::to_integer<int>(byte >> 4)];
    text += "0123456789abcdef"[std::to_integer<int>(byte & std::byte{15})];
  }
  return "x'" + text + "'";
}

/// Account 1001, ada, who presents secret(1), has a grant of 4000 and was charged 100 for a turn.
class Migrations : public testing::Test {
 protected:
  void make_version_1() {
    RawDatabase raw(folder_.path());
    raw.run(version_1);
    raw.run("INSERT INTO accounts VALUES (1001, 'Ada', 'ada', 'hash', 7, 0)");
    raw.run("INSERT INTO login_tokens VALUES (1001, " + hex(secret(1)) + ", 7)");
    const auto grant = post(raw, {}, EntryKind::grant, 4000);
    post(raw, head_after(grant), EntryKind::charge, -100);
    raw.run("INSERT INTO turns VALUES (2, 1001, 'question', 'answer')");
  }

  /// The same with an API key of limit 500, secret(10), which was charged 300 for turn 3, sent with the idempotency key
  /// "k" and the fingerprint secret(2).
  void make_version_2() {
    make_version_1();
    RawDatabase raw(folder_.path());
    raw.run(version_2);
    raw.run("INSERT INTO api_keys VALUES (1, 1001, 'name', " + hex(secret(10)) + ", 7, NULL, 500, 300, 7, NULL)");
    const ledger::Head head{
        .balance = tokens(3900), .sequence = 2, .digest = digest_in(raw, "SELECT digest FROM entries WHERE id = 2")};
    post(raw, head, EntryKind::charge, -300);
    raw.run("UPDATE entries SET api_key = 1 WHERE id = 3");
    raw.run("INSERT INTO turns VALUES (3, 1001, 'third', 'answer', 'length', NULL)");
    raw.run("INSERT INTO idempotency_records VALUES (3, 1001, 'k', " + hex(secret(2)) + ", 3600, 'more', " +
            std::to_string(clock_.now().time_since_epoch().count()) + ")");
  }

  static crypto::Digest digest_in(RawDatabase& raw, const std::string& sql) {
    const std::string bytes = raw.column(sql).at(0);
    crypto::Digest digest{};
    std::ranges::copy(std::as_bytes(std::span(bytes)), digest.begin());
    return digest;
  }

  static ledger::Entry post(RawDatabase& raw, const ledger::Head& head, EntryKind kind, std::int64_t amount) {
    const ledger::Posting posting{.id = {head.sequence + 1},
                                  .account = {1001},
                                  .kind = kind,
                                  .amount = tokens(amount),
                                  .time = base::Timestamp(std::chrono::milliseconds(7))};
    const ledger::Entry entry = next_entry(head, posting).value();
    std::string values;
    for (const std::int64_t value :
         {entry.id.value, std::int64_t{1001}, entry.sequence, static_cast<std::int64_t>(entry.kind),
          entry.amount.count(), entry.balance_after.count(), std::int64_t{7}}) {
      values += std::to_string(value) + ", ";
    }
    raw.run("INSERT INTO entries (id, account, sequence, kind, amount, balance_after, time_ms, digest) VALUES (" +
            values + hex(entry.digest) + ")");
    return entry;
  }

  base::Result<std::unique_ptr<Keeper>> open() { return Keeper::open({.folder = folder_.path(), .clock = clock_}); }

  TemporaryFolder folder_;
  base::ManualClock clock_;
};

TEST_F(Migrations, KeepWhatAFileOfVersionOneHas) {
  make_version_1();
  {
    const auto keeper = open().value();
    Asking asking(*keeper);
    const Presented ada{.account = {1001}, .digest = secret(1)};
    EXPECT_EQ(asking.balance(ada), balance_of(3900));
    const auto lines = asking.ask(keeper->statement(ada, std::nullopt, 10)).value();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].key, std::nullopt);
    const Presented key = asking.open_key(ada, 10, tokens(50));
    asking.settle(asking.hold(key, 50), 50).value();
    EXPECT_EQ(asking.balance(ada), balance_of(3850));
  }
  EXPECT_EQ(RawDatabase(folder_.path()).number("PRAGMA user_version"), schema_version());
  EXPECT_THAT(RawDatabase(folder_.path()).column("SELECT message || response FROM turns"),
              testing::ElementsAre("questionanswer", "questionanswer"));
  const VerifyReport report = verify(folder_.path()).value();
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.entries, 3);
  EXPECT_EQ(report.turns, 2);
}

TEST_F(Migrations, KeepWhatAFileOfVersionTwoHas) {
  make_version_2();
  const auto entries = RawDatabase(folder_.path()).column("SELECT hex(digest) || api_key FROM entries");
  {
    const auto keeper = open().value();
    Asking asking(*keeper);
    const Presented ada{.account = {1001}, .digest = secret(1)};
    EXPECT_EQ(asking.balance(ada), balance_of(3600));
    EXPECT_EQ(asking.keys(ada).at(0).spent, tokens(300));
    EXPECT_EQ(asking.keys(ada).at(0).limit, tokens(500));
    HoldRequest again{.credential = ada, .amount = tokens(1)};
    again.idempotency = Idempotency{.key = "k", .fingerprint = secret(2)};
    const auto replay = std::get<Replay>(asking.ask(keeper->hold(std::move(again))).value());
    EXPECT_EQ(replay.conversation, base::ConversationId{3});
    EXPECT_EQ(replay.answer, "more");

    const auto page = asking.ask(keeper->list_conversations(ada, {})).value();
    ASSERT_EQ(page.conversations.size(), 2U);
    EXPECT_EQ(page.conversations[0].title, "third");
    EXPECT_EQ(page.conversations[1].title, "question");
    const auto turns = asking.ask(keeper->read_conversation(ada, {3}, std::nullopt, 10)).value();
    ASSERT_EQ(turns.size(), 1U);
    EXPECT_EQ(turns[0].finish_reason, "length");
    EXPECT_EQ(turns[0].charge, tokens(300));
    EXPECT_EQ(turns[0].model, "");
    EXPECT_FALSE(turns[0].usage);

    Settlement settlement{.charge = tokens(1), .message = "more", .response = "answer"};
    settlement.conversation = base::ConversationId{2};
    const Settled settled = asking.ask(keeper->settle(asking.hold(ada, 1), std::move(settlement))).value();
    EXPECT_EQ(settled.conversation, base::ConversationId{2});
  }
  EXPECT_EQ(RawDatabase(folder_.path()).column("SELECT hex(digest) || api_key FROM entries WHERE id < 4"), entries);
  EXPECT_TRUE(verify(folder_.path()).value().sound());
}

TEST_F(Migrations, AreNotForVerifyWhichOnlyReads) {
  make_version_1();
  EXPECT_THAT(verify(folder_.path()).error().message, HasSubstr("version 1"));
  EXPECT_THAT(verify(folder_.path()).error().message, HasSubstr("start the server once"));
}

TEST_F(Migrations, LeaveAFileOfThisVersionAsItIs) {
  open().value().reset();
  const auto before = RawDatabase(folder_.path()).column("SELECT sql FROM sqlite_schema");
  open().value().reset();
  EXPECT_EQ(RawDatabase(folder_.path()).column("SELECT sql FROM sqlite_schema"), before);
}

}  // namespace
}  // namespace parley::store::sqlite
