// What every keeper must tell an account of itself, and what is left of one that was deleted.

#include <gmock/gmock.h>

#include "store/conformance_fixture.h"

namespace parley::store {
namespace {

using ledger::EntryKind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class OwnAccount : public OnEveryKeeper {
 protected:
  std::vector<StatementLine> statement(const Presented& credential, std::optional<std::int64_t> before,
                                       std::int32_t lines_max) {
    return ask(store().statement(credential, before, lines_max)).value();
  }
  std::vector<std::int64_t> sequences(const Presented& credential, std::optional<std::int64_t> before,
                                      std::int32_t lines_max) {
    std::vector<std::int64_t> numbers;
    for (const StatementLine& line : statement(credential, before, lines_max)) numbers.push_back(line.entry.sequence);
    return numbers;
  }
};

INSTANTIATE_TEST_SUITE_P(Keepers, OwnAccount, every_keeper(), keeper_name);

TEST_P(OwnAccount, AnAccountIsToldAsInTheOperatorsList) {
  keeper_->clock.advance(std::chrono::hours(1));
  const Presented ada = asking_.open_account("ada", 500);
  asking_.open_account("bob", 1);
  const Hold hold = asking_.hold(ada, 100);
  const AccountSummary summary = ask(store().account(ada)).value();
  EXPECT_EQ(summary.account, ada.account);
  EXPECT_EQ(summary.username, "ada");
  EXPECT_EQ(summary.username_key, "ada");
  EXPECT_EQ(summary.created, keeper_->clock.now());
  EXPECT_FALSE(summary.disabled);
  EXPECT_EQ(summary.balance, balance_of(500, 100));
  EXPECT_EQ(code(store().account({ada.account, secret(2)})), "unauthenticated");
}

// The statement

TEST_P(OwnAccount, TheStatementHasTheAccountsEntriesNewestFirst) {
  keeper_->clock.advance(std::chrono::hours(1));
  const Presented ada = asking_.open_account("ada", 500);
  const Presented bob = asking_.open_account("bob", 40);
  const Presented key = asking_.open_key(ada, 10);
  const auto first = asking_.settle(asking_.hold(ada, 100), 30).value().turn;
  asking_.settle(asking_.hold(bob, 1), 1).value();
  const auto second = asking_.settle(asking_.hold(key, 100), 70).value().turn;
  ask(store().post(ada.account, EntryKind::credit, tokens(9))).value();
  const auto lines = statement(ada, std::nullopt, 100);
  ASSERT_THAT(lines, SizeIs(4));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].entry.sequence, 4 - static_cast<std::int64_t>(i));
    EXPECT_EQ(lines[i].entry.account, ada.account);
    EXPECT_EQ(lines[i].entry.time, keeper_->clock.now());
  }
  EXPECT_EQ(lines[0].entry.kind, EntryKind::credit);
  EXPECT_EQ(lines[0].entry.amount, tokens(9));
  EXPECT_EQ(lines[0].entry.balance_after, tokens(409));
  EXPECT_EQ(lines[1].entry.turn(), second);
  EXPECT_EQ(lines[1].entry.amount, tokens(-70));
  EXPECT_EQ(lines[1].key, std::optional(asking_.keys(ada)[0].id));
  EXPECT_EQ(lines[2].entry.turn(), first);
  EXPECT_EQ(lines[2].key, std::nullopt);
  EXPECT_EQ(lines[3].entry.kind, EntryKind::grant);
  EXPECT_EQ(lines[0].entry.digest, digest_of(lines[0].entry, lines[1].entry.digest));
}

TEST_P(OwnAccount, TheStatementComesInPages) {
  const Presented ada = asking_.open_account("ada", 500);
  for (int i = 0; i < 4; ++i) ask(store().post(ada.account, EntryKind::credit, tokens(1))).value();
  EXPECT_THAT(sequences(ada, std::nullopt, 2), ElementsAre(5, 4));
  EXPECT_THAT(sequences(ada, 4, 2), ElementsAre(3, 2));
  EXPECT_THAT(sequences(ada, 2, 2), ElementsAre(1));
  EXPECT_THAT(sequences(ada, 1, 2), IsEmpty());
  EXPECT_THAT(sequences(ada, -7, 2), IsEmpty());
  EXPECT_THAT(sequences(ada, 77, 1), ElementsAre(5));
  EXPECT_THAT(sequences(ada, std::nullopt, 0), IsEmpty());
  EXPECT_THAT(sequences(ada, std::nullopt, -1), IsEmpty());
  EXPECT_EQ(code(store().statement({ada.account, secret(2)}, std::nullopt, 2)), "unauthenticated");
}

TEST_P(OwnAccount, AStatementHasALimitedNumberOfLines) {
  const Presented ada = asking_.open_account("ada", 500);
  for (int i = 0; i < statement_lines_max; ++i) {
    ask(store().post(ada.account, EntryKind::credit, tokens(1))).value();
  }
  EXPECT_THAT(statement(ada, std::nullopt, 2 * statement_lines_max), SizeIs(statement_lines_max));
}

// Deleting

TEST_P(OwnAccount, ADeletedAccountsCredentialsEnd) {
  const Presented ada = asking_.open_account("ada", 500);
  const Presented key = asking_.open_key(ada, 10);
  EXPECT_EQ(code(store().delete_account({ada.account, secret(2)})), "unauthenticated");
  ask(store().delete_account(ada)).value();
  for (int round = 0; round < 2; ++round) {
    for (const Presented& credential : {ada, key}) {
      EXPECT_EQ(code(store().authenticate(credential)), "unauthenticated");
      EXPECT_EQ(code(store().balance(credential)), "unauthenticated");
      EXPECT_EQ(code(store().account(credential)), "unauthenticated");
      EXPECT_EQ(code(store().statement(credential, std::nullopt, 1)), "unauthenticated");
      EXPECT_EQ(code(store().hold({.credential = credential, .amount = tokens(1)})), "unauthenticated");
      EXPECT_EQ(code(store().find_login(credential)), "unauthenticated");
      EXPECT_EQ(code(store().delete_account(credential)), "unauthenticated");
    }
    reopen();
  }
}

TEST_P(OwnAccount, ADeletedAccountIsFoundAsADisabledOneAndNeverComesBack) {
  const Presented ada = asking_.open_account("ada", 500);
  ask(store().delete_account(ada)).value();
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(ask(store().find_login(std::string("ada"))).value()->disabled);
    EXPECT_TRUE(ask(store().list_accounts("", 10)).value()[0].disabled);
    EXPECT_EQ(code(store().replace_login_token(ada.account, "hash of ada", secret(2))), "unauthenticated");
    EXPECT_EQ(code(store().set_disabled(ada.account, false)), "not_found");
    EXPECT_EQ(code(store().change_password(ada.account, std::nullopt, "new")), "not_found");
    EXPECT_EQ(code(store().replace_login_token(ada.account, "hash of ada", secret(2))), "unauthenticated");
    reopen();
  }
}

TEST_P(OwnAccount, ADeletedAccountsNameStaysTakenAndItsLedgerStays) {
  const Presented ada = asking_.open_account("ada", 500);
  asking_.settle(asking_.hold(ada, 100), 70).value();
  ask(store().delete_account(ada)).value();
  EXPECT_EQ(code(store().create_account({"Ada", "ada", "hash", tokens(1)})), "conflict");
  EXPECT_EQ(ask(store().list_accounts("", 10)).value()[0].balance, balance_of(430));
  const VerifyReport report = keeper_->verify();
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.entries, 2);
  EXPECT_EQ(report.turns, 1);
}

TEST_P(OwnAccount, AnAccountIsNotDeletedWhileARequestIsInFlight) {
  const Presented ada = asking_.open_account("ada", 500);
  Hold hold = asking_.hold(ada, 100);
  const auto refused = ask(store().delete_account(ada));
  EXPECT_EQ(code_of(refused), "conflict");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(asking_.settle(std::move(hold), 70).value().balance, balance_of(430));
  EXPECT_EQ(code(store().delete_account(ada)), "ok");
}

TEST_P(OwnAccount, DeletingAnAccountLeavesTheOthersAlone) {
  const Presented ada = asking_.open_account("ada", 500);
  const Presented bob = asking_.open_account("bob", 500);
  const Presented key = asking_.open_key(bob, 10);
  const HoldRequest request{
      .credential = bob, .amount = tokens(10), .idempotency = Idempotency{.key = "k", .fingerprint = secret(3)}};
  auto decision = ask(store().hold(request)).value();
  asking_.settle(std::move(std::get<Held>(decision).hold), 10).value();
  ask(store().delete_account(ada)).value();
  EXPECT_EQ(code(store().authenticate(bob)), "ok");
  EXPECT_EQ(code(store().authenticate(key)), "ok");
  EXPECT_EQ(std::get<Replay>(ask(store().hold(request)).value()).response, "answer");
}

}  // namespace
}  // namespace parley::store
