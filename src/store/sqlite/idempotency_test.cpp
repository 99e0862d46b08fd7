// What the SQLite keeper makes of idempotency keys beyond the contract: how long it keeps them, and what a deletion
// leaves of them.

#include "store/sqlite/idempotency.h"

#include <gmock/gmock.h>

#include "base/manual_clock.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/raw_database.h"
#include "store/sqlite/temporary_folder.h"
#include "store/sqlite/verify.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SqliteIdempotency : public testing::Test {
 protected:
  SqliteIdempotency() { open(); }

  void open() {
    keeper_ = Keeper::open({.folder = folder_.path(), .clock = clock_}).value();
    asking_.emplace(*keeper_);
  }
  void close() {
    asking_.reset();
    keeper_.reset();
  }
  base::Result<HoldDecision> decide(const Presented& credential, const std::string& key,
                                    std::uint64_t fingerprint = 1) {
    HoldRequest request{.credential = credential,
                        .amount = tokens(10),
                        .idempotency = Idempotency{.key = key, .fingerprint = secret(fingerprint)}};
    return asking_->ask(keeper_->hold(std::move(request)));
  }
  void chat(const Presented& credential, const std::string& key, std::uint64_t fingerprint = 1) {
    Hold hold = std::move(std::get<Held>(*decide(credential, key, fingerprint)).hold);
    asking_->settle(std::move(hold), 10, "a secret question", "a secret answer").value();
  }
  std::vector<std::string> remembered() {
    return RawDatabase(folder_.path()).column("SELECT key FROM idempotency_records ORDER BY turn");
  }

  TemporaryFolder folder_;
  base::ManualClock clock_;
  std::unique_ptr<Keeper> keeper_;
  std::optional<Asking> asking_;
};

TEST_F(SqliteIdempotency, AKeyIsFreeAgainOnceItIsTooOld) {
  const Presented ada = asking_->open_account("ada");
  chat(ada, "k");
  clock_.advance(idempotency_kept - std::chrono::milliseconds(1));
  EXPECT_EQ(code_of(decide(ada, "k", 2)), "mismatch");
  clock_.advance(std::chrono::milliseconds(1));
  chat(ada, "k", 2);
  EXPECT_TRUE(std::holds_alternative<Replay>(decide(ada, "k", 2).value()));
  EXPECT_THAT(remembered(), ElementsAre("k"));
  EXPECT_TRUE(verify(folder_.path()).value().sound());
}

TEST_F(SqliteIdempotency, AKeyThatIsTooOldIsFreeAlsoBehindOlderOnes) {
  const Presented ada = asking_->open_account("ada");
  for (int i = 0; i < 9; ++i) chat(ada, std::to_string(i));
  clock_.advance(idempotency_kept);
  chat(ada, "8", 2);
  EXPECT_THAT(remembered(), ElementsAre("4", "5", "6", "7", "8"));
  EXPECT_TRUE(verify(folder_.path()).value().sound());
}

TEST_F(SqliteIdempotency, EachSettlementWithAKeyForgetsAFewThatAreTooOld) {
  const Presented ada = asking_->open_account("ada");
  for (int i = 0; i < 6; ++i) chat(ada, std::to_string(i));
  clock_.advance(idempotency_kept);
  asking_->settle(asking_->hold(ada, 1), 1).value();
  EXPECT_EQ(remembered().size(), 6U);
  chat(ada, "new");
  EXPECT_THAT(remembered(), ElementsAre("4", "5", "new"));
  chat(ada, "newer");
  EXPECT_THAT(remembered(), ElementsAre("new", "newer"));
}

TEST_F(SqliteIdempotency, OnlySettledTurnsAreRemembered) {
  const Presented ada = asking_->open_account("ada");
  decide(ada, "released").value();
  asking_->settle(std::move(std::get<Held>(*decide(ada, "refused")).hold), 11);
  asking_->settle(asking_->hold(ada, 1), 1).value();
  keeper_->drain();
  EXPECT_THAT(remembered(), IsEmpty());
}

TEST_F(SqliteIdempotency, ATurnWhoseTextWasDeletedIsGone) {
  const Presented ada = asking_->open_account("ada");
  chat(ada, "k");
  close();
  RawDatabase(folder_.path()).run("UPDATE turns SET message = '', response = '', deleted_ms = 1");
  open();
  const auto refused = decide(ada, "k");
  EXPECT_EQ(code_of(refused), "gone");
  EXPECT_EQ(refused.error().message, "The text of this turn was deleted.");
  EXPECT_EQ(code_of(decide(ada, "k", 2)), "mismatch");
}

TEST_F(SqliteIdempotency, NothingOfADeletedAccountsTextsStaysInTheFile) {
  const Presented ada = asking_->open_account("ada");
  const Presented bob = asking_->open_account("bob");
  chat(ada, "k");
  chat(bob, "bob's");
  asking_->settle(asking_->hold(ada, 10), 10, "a secret question", std::string(20'000, 'x') + "a secret end").value();
  asking_->ask(keeper_->delete_account(ada)).value();
  EXPECT_THAT(remembered(), ElementsAre("bob's"));
  RawDatabase raw(folder_.path());
  const std::string turns = " FROM turns WHERE account = " + std::to_string(ada.account.value);
  EXPECT_THAT(raw.column("SELECT message || response" + turns), ElementsAre("", ""));
  EXPECT_EQ(raw.number("SELECT count(deleted_ms)" + turns), 2);
  EXPECT_EQ(raw.number("SELECT count(*) FROM turns WHERE message <> '' AND deleted_ms IS NULL"), 1);
  asking_->ask(keeper_->delete_account(bob)).value();
  close();
  FILE* file = fopen((folder_.path() / database_name).c_str(), "r");
  ASSERT_NE(file, nullptr);
  std::string bytes(std::filesystem::file_size(folder_.path() / database_name), '\0');
  ASSERT_EQ(fread(bytes.data(), 1, bytes.size(), file), bytes.size());
  fclose(file);
  EXPECT_EQ(bytes.find("a secret"), std::string::npos);
}

}  // namespace
}  // namespace parley::store::sqlite
