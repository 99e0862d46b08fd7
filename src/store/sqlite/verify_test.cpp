// Each invariant broken on purpose in a real database, and found.

#include "store/sqlite/verify.h"

#include <gmock/gmock.h>

#include <boost/asio/use_future.hpp>
#include <set>
#include <thread>

#include "async/loop.h"
#include "ledger/chain.h"
#include "store/sqlite/keeper_under_test.h"
#include "store/sqlite/raw_database.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

using ledger::ChainRule;
using ledger::EntryKind;
using testing::UnorderedElementsAre;

/// Ada has a grant (entry 1), a charge (2), a charge (4) and a credit (5); bob a grant (3).
class Verify : public testing::Test {
 protected:
  Verify() {
    Presented ada;
    Presented bob;
    {
      base::ManualClock clock;
      auto keeper = Keeper::open({.folder = folder_.path(), .clock = clock}).value();
      Asking asking(*keeper);
      ada = asking.open_account("ada", 4000);
      asking.settle(asking.hold(ada, 100), 100).value();
      bob = asking.open_account("bob", 50);
      asking.settle(asking.hold(ada, 100), 100).value();
      asking.ask(keeper->post(ada.account, EntryKind::credit, tokens(7))).value();
    }
    ada_ = std::to_string(ada.account.value);
    bob_ = std::to_string(bob.account.value);
    raw_.emplace(folder_.path());
  }

  std::set<std::string> broken() {
    const VerifyReport report = verify(folder_.path()).value();
    std::set<std::string> invariants;
    for (const Finding& finding : report.findings) invariants.insert(finding.invariant);
    EXPECT_EQ(report.sound(), invariants.empty());
    return invariants;
  }
  static std::string name(ChainRule rule) { return std::string(name_of(rule)); }

  /// Makes the digests of ada's entries right again after a change.
  void chain_again() {
    ledger::EntryDigest previous{};
    for (const std::string& id :
         raw_->column("SELECT id FROM entries WHERE account = " + ada_ + " ORDER BY sequence")) {
      const auto number = [&](const std::string& column) {
        return raw_->number("SELECT " + column + " FROM entries WHERE id = " + id);
      };
      const ledger::Entry entry{.id = {std::stoll(id)},
                                .account = {number("account")},
                                .sequence = number("sequence"),
                                .kind = static_cast<EntryKind>(number("kind")),
                                .amount = tokens(number("amount")),
                                .balance_after = tokens(number("balance_after")),
                                .time = base::Timestamp(std::chrono::milliseconds(number("time_ms")))};
      previous = digest_of(entry, previous);
      std::string hex;
      for (const std::byte byte : previous) {
        hex += "0123456789abcdef"[std::to_integer<int>(byte >> 4)];
        hex += "0123456789abcdef"[std::to_integer<int>(byte & std::byte{15})];
      }
      raw_->run("UPDATE entries SET digest = x'" + hex + "' WHERE id = " + id);
    }
  }

  TemporaryFolder folder_;
  std::string ada_;
  std::string bob_;
  std::optional<RawDatabase> raw_;
};

TEST_F(Verify, FindsASoundDatabaseSoundAndCountsIt) {
  const VerifyReport report = verify(folder_.path()).value();
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.accounts, 2);
  EXPECT_EQ(report.entries, 5);
  EXPECT_EQ(report.turns, 2);
  EXPECT_EQ(report.charges, 2);
  EXPECT_EQ(report.sum_of_entries, tokens(3857));
  EXPECT_EQ(report.sum_of_balances, tokens(3857));
}

TEST_F(Verify, FindsNothingWrongOnceAChangedEntryIsChainedAgain) {
  raw_->run("UPDATE entries SET time_ms = 0 WHERE id = 2");
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::digest)));
  chain_again();
  EXPECT_THAT(broken(), UnorderedElementsAre());
}

TEST_F(Verify, FindsAGapInTheSequence) {
  raw_->run("UPDATE entries SET sequence = 5 WHERE id = 5");
  chain_again();
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::sequence)));
}

TEST_F(Verify, FindsASequenceThatDoesNotBeginAtOne) {
  raw_->run("UPDATE entries SET sequence = 0 WHERE id = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::sequence)));
}

TEST_F(Verify, FindsAnAmountThatDoesNotLeadToItsBalance) {
  raw_->run("UPDATE entries SET amount = -99 WHERE id = 2");
  chain_again();
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::balance), name(ChainRule::sum)));
}

TEST_F(Verify, FindsANegativeBalance) {
  raw_->run("UPDATE entries SET amount = amount - 3990, balance_after = balance_after - 3990 WHERE id = 4");
  raw_->run("UPDATE entries SET balance_after = balance_after - 3990 WHERE id = 5");
  chain_again();
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::not_negative)));
}

TEST_F(Verify, FindsAKindWhoseSignDoesNotFit) {
  raw_->run("UPDATE entries SET kind = 3, amount = -7, balance_after = balance_after - 14 WHERE id = 5");
  chain_again();
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::kind)));
}

TEST_F(Verify, FindsAKindThatDoesNotExist) {
  raw_->run("UPDATE entries SET kind = 9 WHERE id = 5");
  chain_again();
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::kind)));
}

TEST_F(Verify, FindsAnAmountOutOfRange) {
  raw_->run("UPDATE entries SET amount = 9007199254740992 WHERE id = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::kind)));
}

TEST_F(Verify, FindsAnEditedDigest) {
  raw_->run("UPDATE entries SET digest = zeroblob(32) WHERE id = 5");
  EXPECT_THAT(broken(), UnorderedElementsAre(name(ChainRule::digest)));
}

TEST_F(Verify, FindsAChargeWithoutItsTurn) {
  raw_->run("DELETE FROM turns WHERE id = 2");
  EXPECT_THAT(broken(), UnorderedElementsAre(charge_has_turn));
}

TEST_F(Verify, FindsATurnOfAnotherAccountThanItsCharge) {
  raw_->run("UPDATE turns SET account = " + bob_ + " WHERE id = 4");
  EXPECT_THAT(broken(), UnorderedElementsAre(charge_has_turn));
}

TEST_F(Verify, FindsATurnWithoutACharge) {
  raw_->run("INSERT INTO turns (id, account, message, response) VALUES (3, " + bob_ + ", 'question', 'answer')");
  EXPECT_THAT(broken(), UnorderedElementsAre(turn_has_charge));
  raw_->run("UPDATE turns SET id = 77 WHERE id = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(turn_has_charge));
}

TEST_F(Verify, FindsEntriesOfAnUnknownAccount) {
  raw_->run("DELETE FROM login_tokens WHERE account = " + bob_ + "; DELETE FROM accounts WHERE id = " + bob_);
  EXPECT_THAT(broken(), UnorderedElementsAre(entry_has_account));
}

TEST_F(Verify, FindsALoginTokenOfAnUnknownAccount) {
  raw_->run("UPDATE login_tokens SET account = 5 WHERE account = " + bob_);
  EXPECT_THAT(broken(), UnorderedElementsAre(login_token_has_account));
}

TEST_F(Verify, FindsADamagedPage) {
  raw_->run("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto page = raw_->number("SELECT rootpage FROM sqlite_schema WHERE name = 'turns'");
  raw_.reset();
  FILE* file = fopen((folder_.path() / database_name).c_str(), "r+");
  ASSERT_NE(file, nullptr);
  fseek(file, 4096 * (page - 1), SEEK_SET);
  fputs("not a page", file);
  fclose(file);
  EXPECT_THAT(broken(), UnorderedElementsAre(file_intact));
}

TEST_F(Verify, CountsAllFindingsAndKeepsTheFirst) {
  raw_->run(
      "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 21000) "
      "INSERT INTO turns (id, account, message, response) SELECT i, 1, '', '' FROM n");
  const VerifyReport report = verify(folder_.path()).value();
  EXPECT_EQ(report.findings_total, 20001);
  EXPECT_EQ(report.findings.size(), VerifyReport::findings_kept_max);
  EXPECT_EQ(report.turns, 20003);
}

TEST_F(Verify, SaysWhereThereIsNoDatabaseOrNotThisPrograms) {
  EXPECT_THAT(verify(folder_.path() / "nowhere").error().message, testing::HasSubstr("There is no database"));
  raw_->run("PRAGMA user_version=7");
  EXPECT_THAT(verify(folder_.path()).error().message, testing::HasSubstr("version 7"));
}

TEST_F(Verify, LeavesAClosedDatabaseAsItFoundIt) {
  raw_.reset();
  const auto size = std::filesystem::file_size(folder_.path() / database_name);
  EXPECT_TRUE(verify(folder_.path()).value().sound());
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / database_name), size);
}

async::Task<> chat_until(Keeper& keeper, Presented credential, std::atomic<bool>& done, std::atomic<int>& chats) {
  while (!done) {
    const HoldRequest request{.credential = credential, .amount = tokens(1)};
    auto decision = (co_await keeper.hold(request)).value();
    if (auto* held = std::get_if<Held>(&decision)) {
      Settlement settlement{tokens(1), "question", "answer"};
      (co_await keeper.settle(std::move(held->hold), std::move(settlement))).value();
    }
    ++chats;
  }
}

TEST_F(Verify, FindsALiveDatabaseSoundWhileItIsWrittenTo) {
  raw_.reset();
  base::ManualClock clock;
  auto keeper = Keeper::open({.folder = folder_.path(), .clock = clock}).value();
  std::vector<Presented> credentials;
  for (const char* name : {"cleo", "dan", "eve"}) {
    credentials.push_back(Asking(*keeper).open_account(name, 1'000'000));
  }
  std::atomic<bool> done{false};
  std::atomic<int> chats{0};
  async::Loop loop("chats");
  std::vector<std::future<void>> ended;
  for (const Presented& credential : credentials) {
    ended.push_back(
        boost::asio::co_spawn(loop.executor(), chat_until(*keeper, credential, done, chats), boost::asio::use_future));
  }
  for (int round = 0; round < 5; ++round) {
    const int before = chats;
    const VerifyReport report = verify(folder_.path()).value();
    EXPECT_TRUE(report.sound()) << (report.findings.empty() ? "" : report.findings[0].invariant);
    while (chats < before + 100) std::this_thread::yield();
  }
  done = true;
  for (auto& end : ended) end.get();
  loop.stop();
  keeper->drain();
  const VerifyReport report = verify(folder_.path()).value();
  EXPECT_TRUE(report.sound());
  EXPECT_GE(report.turns, 500);
}

}  // namespace
}  // namespace parley::store::sqlite
