// The invariants of API keys and idempotency records, each broken on purpose in a real database, and found.

#include <gmock/gmock.h>

#include <set>

#include "base/manual_clock.h"
#include "store/sqlite/raw_database.h"
#include "store/sqlite/temporary_folder.h"
#include "store/sqlite/verify.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

using testing::UnorderedElementsAre;

/// Ada has a grant (entry 1) and two charges with her key 1 (entries 2 and 3, with the idempotency keys "two" and
/// "three"), and key 2, which has ended with one charge (entry 4); bob has a grant (5), key 3, and a charge without a
/// key (6, with the idempotency key "six").
class VerifyApiKeys : public testing::Test {
 protected:
  VerifyApiKeys() {
    base::ManualClock clock;
    auto keeper = Keeper::open({.folder = folder_.path(), .clock = clock}).value();
    Asking asking(*keeper);
    const auto chat = [&](const Presented& credential, const std::string& key) {
      HoldRequest request{.credential = credential,
                          .amount = tokens(100),
                          .idempotency = Idempotency{.key = key, .fingerprint = secret(1)}};
      auto decision = asking.ask(keeper->hold(std::move(request))).value();
      asking.settle(std::move(std::get<Held>(decision).hold), 100).value();
    };
    const Presented ada = asking.open_account("ada", 4000);
    const Presented first = asking.open_key(ada, 10);
    chat(first, "two");
    chat(first, "three");
    asking.settle(asking.hold(asking.open_key(ada, 11), 100), 100).value();
    asking.ask(keeper->end_key(ada, {2})).value();
    const Presented bob = asking.open_account("bob", 500);
    asking.open_key(bob, 12);
    chat(bob, "six");
    bob_ = std::to_string(bob.account.value);
    keeper->drain();
  }

  void run(const std::string& sql) { RawDatabase(folder_.path()).run(sql); }
  std::set<std::string> broken() {
    const VerifyReport report = verify(folder_.path()).value();
    std::set<std::string> invariants;
    for (const Finding& finding : report.findings) invariants.insert(finding.invariant);
    return invariants;
  }

  TemporaryFolder folder_;
  std::string bob_;
};

TEST_F(VerifyApiKeys, FindsASoundDatabaseSound) {
  EXPECT_THAT(broken(), UnorderedElementsAre());
}

TEST_F(VerifyApiKeys, FindsAKeyThatSpentMoreThanWasCharged) {
  run("UPDATE api_keys SET spent = spent + 1 WHERE id = 1");
  EXPECT_THAT(broken(), UnorderedElementsAre(api_key_spent_is_charged));
}

TEST_F(VerifyApiKeys, FindsAnEndedKeyThatSpentLessThanWasCharged) {
  run("UPDATE api_keys SET spent = spent - 1 WHERE id = 2");
  EXPECT_THAT(broken(), UnorderedElementsAre(api_key_spent_is_charged));
}

TEST_F(VerifyApiKeys, FindsAnUnusedKeyThatSpentSomething) {
  run("UPDATE api_keys SET spent = 1 WHERE id = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(api_key_spent_is_charged));
}

TEST_F(VerifyApiKeys, FindsASumOutOfRange) {
  run("UPDATE api_keys SET spent = 9223372036854775807 WHERE id = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(api_key_spent_is_charged));
}

TEST_F(VerifyApiKeys, FindsAChargeThatIsNotSaidToBeTheKeys) {
  run("UPDATE entries SET api_key = NULL WHERE id = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(api_key_spent_is_charged));
}

TEST_F(VerifyApiKeys, FindsAnEntryWithAKeyThatDoesNotExist) {
  run("UPDATE entries SET api_key = 77 WHERE id = 6");
  EXPECT_THAT(broken(), UnorderedElementsAre(entry_has_api_key));
}

TEST_F(VerifyApiKeys, FindsAnEntryWithTheKeyOfAnotherAccount) {
  run("UPDATE entries SET api_key = 1 WHERE id = 6");
  EXPECT_THAT(broken(), UnorderedElementsAre(entry_has_api_key));
}

TEST_F(VerifyApiKeys, FindsAKeyOnWhatIsNoCharge) {
  run("UPDATE entries SET api_key = 1 WHERE id = 1; UPDATE api_keys SET spent = spent - 4000 WHERE id = 1");
  EXPECT_THAT(broken(), UnorderedElementsAre(only_charges_have_api_key));
}

TEST_F(VerifyApiKeys, FindsAKeyOfAnUnknownAccount) {
  run("UPDATE api_keys SET account = 5 WHERE id = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(api_key_has_account));
}

TEST_F(VerifyApiKeys, FindsARecordWithoutItsTurn) {
  run("UPDATE idempotency_records SET turn = 77 WHERE key = 'six'");
  EXPECT_THAT(broken(), UnorderedElementsAre(idempotency_has_turn));
}

TEST_F(VerifyApiKeys, FindsARecordWhoseTurnIsAnotherAccounts) {
  run("UPDATE idempotency_records SET account = " + bob_ + " WHERE key = 'two'");
  EXPECT_THAT(broken(), UnorderedElementsAre(idempotency_has_turn));
}

/// With these tests' records and without the constraints that refuse twins.
constexpr const char* without_constraints =
    "CREATE TABLE copy AS SELECT * FROM idempotency_records; DROP TABLE idempotency_records; "
    "ALTER TABLE copy RENAME TO idempotency_records; ";

TEST_F(VerifyApiKeys, FindsTwoRecordsOfOneTurn) {
  run(std::string(without_constraints) + "UPDATE idempotency_records SET turn = 2 WHERE key = 'three'");
  EXPECT_THAT(broken(), UnorderedElementsAre(idempotency_turn_once));
}

TEST_F(VerifyApiKeys, FindsTwoRecordsOfOneKey) {
  run(std::string(without_constraints) + "UPDATE idempotency_records SET key = 'two' WHERE key = 'three'");
  EXPECT_THAT(broken(), UnorderedElementsAre(idempotency_key_once));
}

}  // namespace
}  // namespace parley::store::sqlite
