// What every keeper must do: the contract of store.h as sentences.

#include <gmock/gmock.h>

#include <boost/asio/detached.hpp>
#include <latch>

#include "async/loop.h"
#include "store/conformance_fixture.h"

namespace parley::store {
namespace {

using ledger::EntryKind;

class Conformance : public OnEveryKeeper {
 protected:
  std::vector<std::string> names_after(const std::string& key, std::int32_t count) {
    std::vector<std::string> names;
    for (const AccountSummary& summary : ask(store().list_accounts(key, count)).value()) {
      names.push_back(summary.username);
    }
    return names;
  }
};

INSTANTIATE_TEST_SUITE_P(Keepers, Conformance, every_keeper(), keeper_name);

// Accounts

TEST_P(Conformance, AnAccountOpensWithItsOpeningBalance) {
  EXPECT_EQ(asking_.balance(asking_.open_account("ada", 4000)), balance_of(4000));
  EXPECT_EQ(asking_.balance(asking_.open_account("bob", 0)), balance_of(0));
}

TEST_P(Conformance, AnOpeningBalanceIsNotNegativeAndThenThereIsNoAccount) {
  EXPECT_EQ(code(store().create_account({"ada", "ada", "hash", tokens(-1)})), "invalid_input");
  EXPECT_FALSE(ask(store().find_login(std::string("ada"))).value().has_value());
}

TEST_P(Conformance, AUsernameKeyBelongsToOneAccount) {
  asking_.open_account("ada");
  EXPECT_EQ(code(store().create_account({"Ada", "ada", "hash", tokens(1)})), "conflict");
  EXPECT_EQ(code(store().create_account({"Adam", "adam", "hash", tokens(1)})), "ok");
}

TEST_P(Conformance, ALoginIsFoundByItsKeyEvenWhereTheAccountIsDisabled) {
  const auto id = ask(store().create_account({"Ada", "ada", "hash", tokens(0)})).value();
  ask(store().set_disabled(id, true)).value();
  const auto login = ask(store().find_login(std::string("ada"))).value();
  ASSERT_TRUE(login.has_value());
  EXPECT_EQ(login->account, id);
  EXPECT_EQ(login->username, "Ada");
  EXPECT_EQ(login->username_key, "ada");
  EXPECT_EQ(login->password_hash, "hash");
  EXPECT_TRUE(login->disabled);
  EXPECT_FALSE(ask(store().find_login(std::string("Ada"))).value().has_value());
}

TEST_P(Conformance, ALoginIsFoundByItsTokenOnlyWhileThatIsGood) {
  const Presented ada = asking_.open_account("ada");
  EXPECT_EQ(ask(store().find_login(ada)).value().password_hash, "hash of ada");
  ask(store().end_login_token(ada)).value();
  EXPECT_EQ(code(store().find_login(ada)), "unauthenticated");
}

TEST_P(Conformance, AccountsAreListedByKeyInPages) {
  for (const char* name : {"cleo", "ada", "bob"}) asking_.open_account(name);
  EXPECT_THAT(names_after("", 2), testing::ElementsAre("ada", "bob"));
  EXPECT_THAT(names_after("bob", 2), testing::ElementsAre("cleo"));
  EXPECT_THAT(names_after("aaa", 1), testing::ElementsAre("ada"));
  EXPECT_THAT(names_after("cleo", 2), testing::IsEmpty());
  EXPECT_THAT(names_after("", 0), testing::IsEmpty());
  EXPECT_THAT(names_after("", -1), testing::IsEmpty());
}

TEST_P(Conformance, TheListSaysWhatEachAccountHasAndHolds) {
  keeper_->clock.advance(std::chrono::hours(1));
  const Presented ada = asking_.open_account("ada", 500);
  const Presented bob = asking_.open_account("bob", 0);
  ask(store().set_disabled(bob.account, true)).value();
  const Hold hold = asking_.hold(ada, 100);
  const auto list = ask(store().list_accounts("", 10)).value();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].account, ada.account);
  EXPECT_EQ(list[0].username_key, "ada");
  EXPECT_EQ(list[0].balance, balance_of(500, 100));
  EXPECT_EQ(list[0].created, keeper_->clock.now());
  EXPECT_FALSE(list[0].disabled);
  EXPECT_EQ(list[1].balance, balance_of(0));
  EXPECT_TRUE(list[1].disabled);
}

// Credentials

TEST_P(Conformance, ALoginEndsTheTokenBefore) {
  Presented ada = asking_.open_account("ada");
  EXPECT_EQ(ask(store().authenticate(ada)).value(), ada.account);
  ask(store().replace_login_token(ada.account, "hash of ada", secret(2))).value();
  EXPECT_EQ(code(store().authenticate(ada)), "unauthenticated");
  ada.digest = secret(2);
  EXPECT_EQ(code(store().authenticate(ada)), "ok");
}

TEST_P(Conformance, ATokenOpensOnlyItsOwnAccount) {
  const Presented ada = asking_.open_account("ada");
  const Presented bob = asking_.open_account("bob");
  ask(store().replace_login_token(bob.account, "hash of bob", secret(2))).value();
  EXPECT_EQ(code(store().authenticate({ada.account, secret(2)})), "unauthenticated");
  EXPECT_EQ(code(store().authenticate({{1}, secret(1)})), "unauthenticated");
  EXPECT_EQ(code(store().balance({ada.account, secret(2)})), "unauthenticated");
  EXPECT_EQ(code(store().hold({.credential = {ada.account, secret(2)}, .amount = tokens(1)})), "unauthenticated");
}

TEST_P(Conformance, AnAccountWithoutALoginHasNoToken) {
  const auto id = ask(store().create_account({"ada", "ada", "hash", tokens(1)})).value();
  EXPECT_EQ(code(store().authenticate({id, crypto::Digest{}})), "unauthenticated");
}

TEST_P(Conformance, AnEndedTokenIsEndedOnce) {
  const Presented ada = asking_.open_account("ada");
  EXPECT_EQ(code(store().end_login_token({ada.account, secret(2)})), "unauthenticated");
  EXPECT_EQ(code(store().end_login_token(ada)), "ok");
  EXPECT_EQ(code(store().end_login_token(ada)), "unauthenticated");
  EXPECT_EQ(code(store().balance(ada)), "unauthenticated");
}

TEST_P(Conformance, NoLoginWhereThePasswordChangedWhileItWasChecked) {
  const Presented ada = asking_.open_account("ada");
  ask(store().change_password(ada.account, "hash of ada", "other hash")).value();
  EXPECT_EQ(code(store().replace_login_token(ada.account, "hash of ada", secret(2))), "unauthenticated");
  EXPECT_EQ(code(store().replace_login_token(ada.account, "other hash", secret(2))), "ok");
}

TEST_P(Conformance, NoLoginToADisabledOrUnknownAccount) {
  const Presented ada = asking_.open_account("ada");
  ask(store().set_disabled(ada.account, true)).value();
  EXPECT_EQ(code(store().replace_login_token(ada.account, "hash of ada", secret(2))), "unauthenticated");
  EXPECT_EQ(code(store().replace_login_token({1}, "hash of ada", secret(2))), "unauthenticated");
}

TEST_P(Conformance, ANewPasswordEndsTheLogin) {
  const Presented ada = asking_.open_account("ada");
  EXPECT_EQ(code(store().change_password(ada.account, "wrong", "new")), "conflict");
  EXPECT_EQ(code(store().authenticate(ada)), "ok");
  EXPECT_EQ(code(store().change_password(ada.account, "hash of ada", "new")), "ok");
  EXPECT_EQ(code(store().authenticate(ada)), "unauthenticated");
  EXPECT_EQ(ask(store().find_login(std::string("ada"))).value()->password_hash, "new");
}

TEST_P(Conformance, TheOperatorSetsAPasswordUnseen) {
  const Presented ada = asking_.open_account("ada");
  EXPECT_EQ(code(store().change_password(ada.account, std::nullopt, "new")), "ok");
  EXPECT_EQ(code(store().authenticate(ada)), "unauthenticated");
  EXPECT_EQ(code(store().change_password({1}, std::nullopt, "new")), "not_found");
}

TEST_P(Conformance, DisablingEndsTheCredentialsAndEnablingDoesNotBringThemBack) {
  const Presented ada = asking_.open_account("ada");
  ask(store().set_disabled(ada.account, true)).value();
  EXPECT_EQ(code(store().authenticate(ada)), "unauthenticated");
  ask(store().set_disabled(ada.account, false)).value();
  EXPECT_EQ(code(store().authenticate(ada)), "unauthenticated");
  EXPECT_EQ(code(store().replace_login_token(ada.account, "hash of ada", secret(2))), "ok");
  EXPECT_EQ(code(store().set_disabled({1}, true)), "not_found");
}

// Holds

TEST_P(Conformance, AHoldSetsTokensAsideUntilItsGuardGoes) {
  const Presented ada = asking_.open_account("ada", 400);
  {
    const Hold hold = asking_.hold(ada, 100);
    ASSERT_TRUE(hold);
    EXPECT_EQ(asking_.balance(ada), balance_of(400, 100));
  }
  EXPECT_EQ(asking_.balance(ada), balance_of(400));
}

TEST_P(Conformance, AMovedGuardReleasesOnce) {
  const Presented ada = asking_.open_account("ada", 400);
  Hold first = asking_.hold(ada, 100);
  {
    Hold second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move)
    first = asking_.hold(ada, 50);
    EXPECT_NE(first.id(), second.id());
    EXPECT_EQ(asking_.balance(ada), balance_of(400, 150));
  }
  EXPECT_EQ(asking_.balance(ada), balance_of(400, 50));
  EXPECT_EQ(store().hold_counts().released, 1);
}

TEST_P(Conformance, AHoldAnswersWithTheBalanceThatItLeaves) {
  const Presented ada = asking_.open_account("ada", 400);
  const auto decision = ask(store().hold({.credential = ada, .amount = tokens(400)})).value();
  EXPECT_EQ(std::get<Held>(decision).account, ada.account);
  EXPECT_EQ(std::get<Held>(decision).balance, balance_of(400, 400));
}

TEST_P(Conformance, AHoldBeyondWhatIsAvailableIsAShortfallAndSetsNothingAside) {
  const Presented ada = asking_.open_account("ada", 150);
  const Hold open = asking_.hold(ada, 100);
  const auto small = ask(store().hold({.credential = ada, .amount = tokens(51)})).value();
  EXPECT_EQ(std::get<Shortfall>(small).required, tokens(51));
  EXPECT_EQ(std::get<Shortfall>(small).balance, balance_of(150, 100));
  EXPECT_TRUE(std::get<Shortfall>(small).only_held());
  const auto large = ask(store().hold({.credential = ada, .amount = tokens(151)})).value();
  EXPECT_FALSE(std::get<Shortfall>(large).only_held());
  EXPECT_EQ(asking_.balance(ada), balance_of(150, 100));
  EXPECT_EQ(store().hold_counts().taken, 1);
}

TEST_P(Conformance, AHoldOfNothingIsAHold) {
  const Presented ada = asking_.open_account("ada", 0);
  EXPECT_EQ(code_of(asking_.settle(asking_.hold(ada, 0), 0)), "ok");
  EXPECT_EQ(code(store().hold({.credential = ada, .amount = tokens(-1)})), "invalid_input");
}

TEST_P(Conformance, AnAccountHasALimitedNumberOfHoldsOpen) {
  const Presented ada = asking_.open_account("ada", 4000);
  const HoldRequest request{.credential = ada, .amount = tokens(1), .in_flight_max = 2};
  Hold first = asking_.hold(ada, 1);
  const Hold second = asking_.hold(ada, 1);
  const auto refused = ask(store().hold(request));
  EXPECT_EQ(code_of(refused), "too_many_requests");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  first = Hold();
  EXPECT_EQ(code(store().hold(request)), "ok");
}

/// Takes and keeps one hold, or notes why not.
async::Task<> race(Store& store, HoldRequest request, std::vector<Hold>& holds, std::atomic<int>& refused,
                   std::latch& done) {
  auto decision = (co_await store.hold(request)).value();
  if (auto* held = std::get_if<Held>(&decision)) {
    holds.push_back(std::move(held->hold));
  } else {
    ++refused;
  }
  done.count_down();
}

TEST_P(Conformance, NoRaceOverdrawsABalance) {
  constexpr int per_loop = 200;
  const Presented ada = asking_.open_account("ada", 4050);
  std::atomic<int> refused{0};
  std::latch done(2 * per_loop);
  std::vector<Hold> first_holds;
  std::vector<Hold> second_holds;
  {
    async::Loop first("first");
    async::Loop second("second");
    const HoldRequest request{.credential = ada, .amount = tokens(100), .in_flight_max = 1000};
    for (int i = 0; i < per_loop; ++i) {
      boost::asio::co_spawn(first.executor(), race(store(), request, first_holds, refused, done),
                            boost::asio::detached);
      boost::asio::co_spawn(second.executor(), race(store(), request, second_holds, refused, done),
                            boost::asio::detached);
    }
    done.wait();
    first.stop();
    second.stop();
    store().drain();
  }
  EXPECT_EQ(first_holds.size() + second_holds.size(), 40U);
  EXPECT_EQ(refused, 2 * per_loop - 40);
  EXPECT_EQ(asking_.balance(ada), balance_of(4050, 4000));
  first_holds.clear();
  second_holds.clear();
  EXPECT_EQ(asking_.balance(ada), balance_of(4050));
}

TEST_P(Conformance, HoldsAreCountedTakenAsSettledReleasedOrOpen) {
  const Presented ada = asking_.open_account("ada");
  const Hold open = asking_.hold(ada, 1);
  asking_.hold(ada, 1);
  asking_.settle(asking_.hold(ada, 1), 1).value();
  EXPECT_TRUE(asking_.settle(asking_.hold(ada, 1), 2).has_error());
  store().drain();
  const HoldCounts counts = store().hold_counts();
  EXPECT_EQ(counts.taken, 4);
  EXPECT_EQ(counts.settled, 1);
  EXPECT_EQ(counts.released, 2);
  EXPECT_EQ(counts.open, 1);
}

// Settling and posting

TEST_P(Conformance, SettlingChargesWhatItCostsAndFreesTheRest) {
  const Presented ada = asking_.open_account("ada", 4000);
  const auto settled = asking_.settle(asking_.hold(ada, 500), 120).value();
  EXPECT_EQ(settled.balance, balance_of(3880));
  EXPECT_EQ(asking_.balance(ada), balance_of(3880));
}

TEST_P(Conformance, TurnsHaveRisingIds) {
  const Presented ada = asking_.open_account("ada");
  const Presented bob = asking_.open_account("bob");
  const auto first = asking_.settle(asking_.hold(ada, 1), 1).value().turn;
  const auto second = asking_.settle(asking_.hold(bob, 1), 1).value().turn;
  EXPECT_LT(first, second);
}

TEST_P(Conformance, AChargeOutsideOfWhatIsHeldIsRefusedAndEndsTheHold) {
  const Presented ada = asking_.open_account("ada", 400);
  EXPECT_EQ(code_of(asking_.settle(asking_.hold(ada, 100), 101)), "invalid_input");
  EXPECT_EQ(code_of(asking_.settle(asking_.hold(ada, 100), -1)), "invalid_input");
  EXPECT_EQ(store().hold_counts().open, 0);
  EXPECT_EQ(asking_.balance(ada), balance_of(400));
}

TEST_P(Conformance, AHoldSettlesThoughItsCredentialHasEnded) {
  const Presented ada = asking_.open_account("ada", 400);
  Hold hold = asking_.hold(ada, 100);
  ask(store().set_disabled(ada.account, true)).value();
  EXPECT_EQ(asking_.settle(std::move(hold), 100).value().balance, balance_of(300));
}

TEST_P(Conformance, PostingKeepsToTheSignOfItsKind) {
  const Presented ada = asking_.open_account("ada", 1000);
  const auto post = [&](EntryKind kind, std::int64_t amount) {
    return code(store().post(ada.account, kind, tokens(amount)));
  };
  for (const EntryKind kind : {EntryKind::credit, EntryKind::refund, EntryKind::redemption}) {
    EXPECT_EQ(post(kind, 10), "ok") << name_of(kind);
    EXPECT_EQ(post(kind, -10), "invalid_input") << name_of(kind);
    EXPECT_EQ(post(kind, 0), "invalid_input") << name_of(kind);
  }
  EXPECT_EQ(post(EntryKind::adjustment, 5), "ok");
  EXPECT_EQ(post(EntryKind::adjustment, -5), "ok");
  EXPECT_EQ(post(EntryKind::adjustment, 0), "invalid_input");
  EXPECT_EQ(post(EntryKind::grant, 1), "invalid_input");
  EXPECT_EQ(post(EntryKind::charge, -1), "invalid_input");
  EXPECT_EQ(asking_.balance(ada), balance_of(1030));
  EXPECT_EQ(code(store().post({1}, EntryKind::credit, tokens(1))), "not_found");
}

TEST_P(Conformance, PostingTakesNoMoreThanIsAvailable) {
  const Presented ada = asking_.open_account("ada", 300);
  const Hold hold = asking_.hold(ada, 100);
  EXPECT_EQ(code(store().post(ada.account, EntryKind::adjustment, tokens(-201))), "invalid_input");
  EXPECT_EQ(ask(store().post(ada.account, EntryKind::adjustment, tokens(-200))).value(), balance_of(100, 100));
}

TEST_P(Conformance, NoBalanceLeavesTheRangeOfExactNumbers) {
  const Presented ada = asking_.open_account("ada", base::Tokens::count_max);
  EXPECT_EQ(code(store().post(ada.account, EntryKind::credit, tokens(1))), "invalid_input");
  EXPECT_EQ(asking_.balance(ada), balance_of(base::Tokens::count_max));
}

// Lasting

TEST_P(Conformance, WhatWasAnsweredIsThereAfterReopening) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented bob = asking_.open_account("bob", 10);
  const auto turn = asking_.settle(asking_.hold(ada, 100), 100).value().turn;
  ask(store().post(bob.account, EntryKind::credit, tokens(5))).value();
  ask(store().set_disabled(bob.account, true)).value();
  reopen();
  EXPECT_EQ(asking_.balance(ada), balance_of(3900));
  EXPECT_TRUE(ask(store().find_login(std::string("bob"))).value()->disabled);
  EXPECT_EQ(ask(store().list_accounts("ada", 1)).value()[0].balance, balance_of(15));
  EXPECT_GT(asking_.settle(asking_.hold(ada, 100), 100).value().turn, turn);
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(Conformance, HoldsDoNotOutliveTheStore) {
  const Presented ada = asking_.open_account("ada", 4000);
  {
    const Hold hold = asking_.hold(ada, 100);
  }
  reopen();
  EXPECT_EQ(asking_.balance(ada), balance_of(4000));
  EXPECT_EQ(store().hold_counts().taken, 0);
}

TEST_P(Conformance, DrainingAnswersWhatWasAskedOfALoopThatHasStopped) {
  const Presented ada = asking_.open_account("ada", 4000);
  async::Loop loop("stopped");
  std::latch asked(1);
  boost::asio::post(loop.context(), [&] {
    boost::asio::co_spawn(loop.executor(), store().post(ada.account, EntryKind::credit, tokens(7)),
                          boost::asio::detached);
    boost::asio::post(loop.context(), [&] { asked.count_down(); });
  });
  asked.wait();
  loop.stop();
  store().drain();
  EXPECT_EQ(asking_.balance(ada), balance_of(4007));
}

TEST_P(Conformance, AHoldEndsWithTheLoopThatWasToHearOfIt) {
  const Presented ada = asking_.open_account("ada", 4000);
  {
    async::Loop loop("stopped");
    std::latch asked(1);
    boost::asio::post(loop.context(), [&] {
      boost::asio::co_spawn(loop.executor(), store().hold({.credential = ada, .amount = tokens(100)}),
                            boost::asio::detached);
      boost::asio::post(loop.context(), [&] { asked.count_down(); });
    });
    asked.wait();
    loop.stop();
    store().drain();
  }
  EXPECT_EQ(asking_.balance(ada), balance_of(4000));
  EXPECT_EQ(store().hold_counts().open, 0);
  EXPECT_EQ(store().hold_counts().released, 1);
}

}  // namespace
}  // namespace parley::store
