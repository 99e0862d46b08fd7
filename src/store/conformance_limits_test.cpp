// What every keeper must do with daily limits, and with holds that may be smaller than what was asked for.

#include <gmock/gmock.h>

#include "store/conformance_fixture.h"

namespace parley::store {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using testing::SizeIs;

/// The clock starts at midnight.
class Limits : public OnEveryKeeper {
 protected:
  HoldDecision decide(const Presented& credential, std::int64_t amount,
                      std::optional<std::int64_t> amount_min = std::nullopt) {
    HoldRequest request{.credential = credential, .amount = tokens(amount)};
    if (amount_min) request.amount_min = tokens(*amount_min);
    return ask(store().hold(std::move(request))).value();
  }
  bool may_hold(const Presented& credential, std::int64_t amount) {
    return std::holds_alternative<Held>(decide(credential, amount));
  }
  std::optional<Allowance> refused_for(const Presented& credential, std::int64_t amount) {
    return std::get<Shortfall>(decide(credential, amount)).allowance;
  }
  void spend(const Presented& credential, std::int64_t charge) {
    asking_.settle(asking_.hold(credential, charge), charge).value();
  }
  void limit(const Presented& login, std::optional<std::int64_t> limit) {
    ask(store().set_daily_limit(login, limit ? std::optional(tokens(*limit)) : std::nullopt)).value();
  }
  Presented open_limited_key(const Presented& login, std::uint64_t number, std::optional<std::int64_t> daily,
                             std::optional<std::int64_t> in_all = std::nullopt) {
    NewKey key{.name = "key", .digest = secret(number)};
    if (daily) key.daily_limit = tokens(*daily);
    if (in_all) key.limit = tokens(*in_all);
    ask(store().create_key(login, key)).value();
    return {.account = login.account, .digest = secret(number), .kind = CredentialKind::api_key};
  }
  Allowance of_account(const Balance& left) {
    return {.limit = SpendingLimit::account_daily, .left = left, .renewed = tomorrow()};
  }
  Allowance of_key_daily(const Balance& left) {
    return {.limit = SpendingLimit::key_daily, .left = left, .renewed = tomorrow()};
  }
  base::Timestamp tomorrow() { return std::chrono::floor<days>(keeper_->clock.now()) + days(1); }
};

INSTANTIATE_TEST_SUITE_P(Keepers, Limits, every_keeper(), keeper_name);

// Holds that may be smaller

TEST_P(Limits, AHoldSaysHowMuchItHolds) {
  const Presented ada = asking_.open_account("ada", 150);
  EXPECT_EQ(std::get<Held>(decide(ada, 100)).amount, tokens(100));
  EXPECT_EQ(std::get<Held>(decide(ada, 100, 30)).amount, tokens(100)) << "it is all there";
}

TEST_P(Limits, WhereLessIsThereThanAskedForAllOfItIsHeldDownToTheLeast) {
  const Presented ada = asking_.open_account("ada", 150);
  const Hold other = asking_.hold(ada, 20);
  {
    const auto held = std::get<Held>(decide(ada, 200, 130));
    EXPECT_EQ(held.amount, tokens(130));
    EXPECT_EQ(held.balance, balance_of(150, 150));
    EXPECT_EQ(asking_.balance(ada), balance_of(150, 150));
  }
  const auto shortfall = std::get<Shortfall>(decide(ada, 200, 131));
  EXPECT_EQ(shortfall.required, tokens(131));
  EXPECT_EQ(shortfall.balance, balance_of(150, 20));
  EXPECT_TRUE(shortfall.only_held());
  EXPECT_EQ(asking_.balance(ada), balance_of(150, 20));
}

TEST_P(Limits, WithoutALeastAmountAllOrNothingIsHeld) {
  const Presented ada = asking_.open_account("ada", 150);
  const auto shortfall = std::get<Shortfall>(decide(ada, 151));
  EXPECT_EQ(shortfall.required, tokens(151));
}

TEST_P(Limits, NoMoreIsHeldThanAKeysLimitLeaves) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = open_limited_key(ada, 10, std::nullopt, 100);
  spend(key, 30);
  EXPECT_EQ(std::get<Held>(decide(key, 500, 1)).amount, tokens(70));
  EXPECT_EQ(std::get<Shortfall>(decide(key, 500, 71)).allowance,
            (Allowance{.limit = SpendingLimit::key, .left = balance_of(70)}));
}

TEST_P(Limits, NoMoreIsHeldThanTheDailyLimitsLeave) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = open_limited_key(ada, 10, 50);
  limit(ada, 80);
  EXPECT_EQ(std::get<Held>(decide(ada, 500, 1)).amount, tokens(80));
  EXPECT_EQ(std::get<Held>(decide(key, 500, 1)).amount, tokens(50));
}

TEST_P(Limits, NoMoreIsHeldThanTheAccountHasThoughLimitsLeaveMore) {
  const Presented ada = asking_.open_account("ada", 100);
  const Presented unlimited = asking_.open_key(ada, 10);
  const Presented limited = open_limited_key(ada, 11, 300, 400);
  limit(ada, 500);
  for (const Presented& credential : {ada, unlimited, limited}) {
    EXPECT_EQ(std::get<Held>(decide(credential, 200, 1)).amount, tokens(100));
  }
}

TEST_P(Limits, NoMoreIsChargedThanIsHeldThoughMoreWasAskedFor) {
  const Presented ada = asking_.open_account("ada", 150);
  auto first = std::get<Held>(decide(ada, 200, 1));
  EXPECT_EQ(code_of(asking_.settle(std::move(first.hold), 151)), "invalid_input");
  auto second = std::get<Held>(decide(ada, 200, 1));
  EXPECT_EQ(asking_.settle(std::move(second.hold), 150).value().balance, balance_of(0));
}

TEST_P(Limits, TheLeastAmountIsNotNegativeAndAsksForNoMoreThanTheAmount) {
  const Presented ada = asking_.open_account("ada", 150);
  HoldRequest negative{.credential = ada, .amount = tokens(10), .amount_min = tokens(-1)};
  EXPECT_EQ(code(store().hold(negative)), "invalid_input");
  EXPECT_EQ(std::get<Held>(decide(ada, 100, 200)).amount, tokens(100));
}

TEST_P(Limits, AtLeastNothingIsHeldWhereNothingIsThere) {
  const Presented ada = asking_.open_account("ada", 0);
  EXPECT_EQ(std::get<Held>(decide(ada, 100, 0)).amount, tokens(0));
}

// The account's daily limit

TEST_P(Limits, WhatWasSpentTodayIsHeldAndIsAskedForStaysWithinTheDailyLimit) {
  const Presented ada = asking_.open_account("ada", 4000);
  limit(ada, 100);
  spend(ada, 30);
  const Hold open = asking_.hold(ada, 20);
  EXPECT_TRUE(may_hold(ada, 50));
  const auto shortfall = std::get<Shortfall>(decide(ada, 51));
  EXPECT_EQ(shortfall.required, tokens(51));
  EXPECT_EQ(shortfall.balance, balance_of(3970, 20));
  EXPECT_EQ(shortfall.allowance, of_account(balance_of(70, 20)));
  EXPECT_TRUE(shortfall.only_held());
  EXPECT_FALSE(std::get<Shortfall>(decide(ada, 71)).only_held());
}

TEST_P(Limits, ADailyLimitCountsWhatWasSpentBeforeItWasSet) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10);
  spend(ada, 30);
  spend(key, 40);
  limit(ada, 100);
  EXPECT_EQ(refused_for(ada, 31), of_account(balance_of(30)));
  ask(store().set_key_daily_limit(ada, asking_.keys(ada)[0].id, tokens(60))).value();
  EXPECT_EQ(refused_for(key, 21), of_key_daily(balance_of(20)));
}

TEST_P(Limits, OnlyChargesAreSpending) {
  const Presented ada = asking_.open_account("ada", 4000);
  limit(ada, 100);
  spend(ada, 30);
  ask(store().post(ada.account, ledger::EntryKind::adjustment, tokens(-50))).value();
  ask(store().post(ada.account, ledger::EntryKind::refund, tokens(20))).value();
  EXPECT_EQ(refused_for(ada, 71), of_account(balance_of(70)));
  reopen();
  EXPECT_EQ(refused_for(ada, 71), of_account(balance_of(70)));
}

TEST_P(Limits, AKeysChargesCountForItsAccountsDailyLimit) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10);
  limit(ada, 100);
  spend(key, 30);
  const Hold open = asking_.hold(key, 10);
  EXPECT_EQ(refused_for(ada, 61), of_account(balance_of(70, 10)));
  EXPECT_EQ(refused_for(key, 61), of_account(balance_of(70, 10)));
}

TEST_P(Limits, AReleasedHoldIsNotSpent) {
  const Presented ada = asking_.open_account("ada", 4000);
  limit(ada, 100);
  asking_.hold(ada, 100);
  EXPECT_TRUE(may_hold(ada, 100));
}

TEST_P(Limits, ADailyLimitIsChangedAndLiftedAtOnce) {
  const Presented ada = asking_.open_account("ada", 4000);
  limit(ada, 100);
  spend(ada, 60);
  limit(ada, 200);
  EXPECT_TRUE(may_hold(ada, 140));
  EXPECT_FALSE(may_hold(ada, 141));
  limit(ada, 50);
  EXPECT_EQ(refused_for(ada, 1), of_account(balance_of(-10)));
  limit(ada, std::nullopt);
  EXPECT_TRUE(may_hold(ada, 3940));
}

TEST_P(Limits, ADailyLimitIsTheAccountsOwnAndShownWithIt) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented bob = asking_.open_account("bob", 4000);
  EXPECT_EQ(ask(store().account(ada)).value().daily_limit, std::nullopt);
  limit(ada, 100);
  EXPECT_EQ(ask(store().account(ada)).value().daily_limit, tokens(100));
  EXPECT_EQ(ask(store().list_accounts("", 10)).value().at(0).daily_limit, tokens(100));
  EXPECT_EQ(ask(store().account(bob)).value().daily_limit, std::nullopt);
  EXPECT_TRUE(may_hold(bob, 101));
}

TEST_P(Limits, OnlyALoginSetsDailyLimitsAndNoneIsNegative) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented bob = asking_.open_account("bob", 4000);
  const Presented key = asking_.open_key(ada, 10);
  const base::KeyId id = asking_.keys(ada)[0].id;
  const Presented stranger{ada.account, secret(2)};
  EXPECT_EQ(code(store().set_daily_limit(stranger, tokens(1))), "unauthenticated");
  EXPECT_EQ(code(store().set_daily_limit(key, tokens(1))), "forbidden");
  EXPECT_EQ(code(store().set_daily_limit(ada, tokens(-1))), "invalid_input");
  EXPECT_EQ(code(store().set_key_daily_limit(stranger, id, tokens(1))), "unauthenticated");
  EXPECT_EQ(code(store().set_key_daily_limit(key, id, tokens(1))), "forbidden");
  EXPECT_EQ(code(store().set_key_daily_limit(ada, id, tokens(-1))), "invalid_input");
  EXPECT_EQ(code(store().set_key_daily_limit(ada, {77}, tokens(1))), "not_found");
  EXPECT_EQ(code(store().set_key_daily_limit(bob, id, tokens(1))), "not_found");
  EXPECT_EQ(code(store().create_key(ada, {.name = "key", .digest = secret(11), .daily_limit = tokens(-1)})),
            "invalid_input");
  EXPECT_EQ(ask(store().account(ada)).value().daily_limit, std::nullopt);
  EXPECT_THAT(asking_.keys(ada), SizeIs(1));
  EXPECT_EQ(asking_.keys(ada)[0].daily_limit, std::nullopt);
}

// A key's daily limit

TEST_P(Limits, AKeysDailyLimitCountsWhatWasSpentAndIsHeldWithIt) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = open_limited_key(ada, 10, 100);
  const Presented other = asking_.open_key(ada, 11);
  spend(ada, 500);
  spend(other, 500);
  spend(key, 30);
  spend(key, 5);
  const Hold open = asking_.hold(key, 20);
  const Hold of_the_login = asking_.hold(ada, 500);
  EXPECT_EQ(refused_for(key, 46), of_key_daily(balance_of(65, 20)));
  EXPECT_TRUE(may_hold(key, 45));
  EXPECT_TRUE(may_hold(other, 500));
  EXPECT_EQ(asking_.keys(ada)[0].daily_limit, tokens(100));
  EXPECT_EQ(asking_.keys(ada)[1].daily_limit, std::nullopt);
}

TEST_P(Limits, AKeyIsAnsweredWithItsDailyLimitWhichMayBeChangedAndLifted) {
  const Presented ada = asking_.open_account("ada", 4000);
  const NewKey new_key{.name = "key", .digest = secret(10), .daily_limit = tokens(100)};
  const KeySummary made = ask(store().create_key(ada, new_key)).value();
  EXPECT_EQ(made.daily_limit, tokens(100));
  const Presented key{ada.account, secret(10), CredentialKind::api_key};
  spend(key, 60);
  ask(store().set_key_daily_limit(ada, made.id, tokens(70))).value();
  EXPECT_EQ(asking_.keys(ada)[0].daily_limit, tokens(70));
  EXPECT_FALSE(may_hold(key, 11));
  ask(store().set_key_daily_limit(ada, made.id, std::nullopt)).value();
  EXPECT_EQ(asking_.keys(ada)[0].daily_limit, std::nullopt);
  EXPECT_TRUE(may_hold(key, 11));
}

// Several limits

TEST_P(Limits, OfSeveralLimitsTheTightestIsTold) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = open_limited_key(ada, 10, 200, 100);
  limit(ada, 300);
  EXPECT_EQ(refused_for(key, 400), (Allowance{.limit = SpendingLimit::key, .left = balance_of(100)}));
  limit(ada, 99);
  EXPECT_EQ(refused_for(key, 400), of_account(balance_of(99)));
  ask(store().set_key_daily_limit(ada, asking_.keys(ada)[0].id, tokens(98))).value();
  EXPECT_EQ(refused_for(key, 400), of_key_daily(balance_of(98)));
  EXPECT_EQ(refused_for(ada, 400), of_account(balance_of(99))) << "the login has no key's limits";
}

TEST_P(Limits, TheAccountsOwnShortfallIsToldBeforeALimits) {
  const Presented ada = asking_.open_account("ada", 100);
  limit(ada, 10);
  EXPECT_EQ(refused_for(ada, 101), std::nullopt);
  EXPECT_EQ(refused_for(ada, 100), of_account(balance_of(10)));
}

// The day

TEST_P(Limits, ANewDayBeginsAtMidnightAndNotAMillisecondBefore) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = open_limited_key(ada, 10, 60);
  limit(ada, 100);
  keeper_->clock.advance(hours(1));
  spend(key, 60);
  spend(ada, 40);
  keeper_->clock.advance(hours(23) - milliseconds(1));
  EXPECT_EQ(refused_for(ada, 1), of_account(balance_of(0)));
  EXPECT_EQ(refused_for(key, 1), of_key_daily(balance_of(0)));
  const base::Timestamp renewed = refused_for(ada, 1)->renewed.value();
  keeper_->clock.advance(milliseconds(1));
  EXPECT_EQ(renewed, keeper_->clock.now());
  EXPECT_TRUE(may_hold(ada, 100));
  EXPECT_TRUE(may_hold(key, 60));
  EXPECT_FALSE(may_hold(key, 61));
}

TEST_P(Limits, AHoldOverMidnightCountsForTheDayOnWhichItIsSettled) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = open_limited_key(ada, 10, 100);
  limit(ada, 100);
  Hold hold = asking_.hold(key, 70);
  keeper_->clock.advance(days(1));
  EXPECT_EQ(refused_for(ada, 31), of_account(balance_of(100, 70)));
  asking_.settle(std::move(hold), 60).value();
  EXPECT_EQ(refused_for(ada, 41), of_account(balance_of(40)));
  EXPECT_EQ(refused_for(key, 41), of_key_daily(balance_of(40)));
  reopen();
  EXPECT_EQ(refused_for(ada, 41), of_account(balance_of(40)));
}

TEST_P(Limits, TheFirstChargeOfADayCountsThoughNothingAskedForTheDayBefore) {
  const Presented ada = asking_.open_account("ada", 4000);
  limit(ada, 100);
  Hold hold = asking_.hold(ada, 50);
  spend(ada, 30);
  keeper_->clock.advance(days(1));
  asking_.settle(std::move(hold), 50).value();
  EXPECT_EQ(refused_for(ada, 51), of_account(balance_of(50)));
  keeper_->clock.advance(days(5));
  EXPECT_TRUE(may_hold(ada, 100));
}

TEST_P(Limits, WhatWasSpentOnALaterDayOfAClockThatWasSetBackDoesNotCount) {
  const Presented ada = asking_.open_account("ada", 4000);
  limit(ada, 100);
  spend(ada, 10);
  keeper_->clock.advance(days(1));
  spend(ada, 20);
  keeper_->clock.advance(-days(1));
  EXPECT_EQ(refused_for(ada, 91), of_account(balance_of(90)));
  spend(ada, 5);
  EXPECT_EQ(refused_for(ada, 86), of_account(balance_of(85)));
  reopen();
  EXPECT_EQ(refused_for(ada, 86), of_account(balance_of(85)));
}

// What lasts

TEST_P(Limits, DailyLimitsAndWhatWasSpentOfThemAreThereAfterReopening) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = open_limited_key(ada, 10, 70);
  spend(ada, 500);
  keeper_->clock.advance(days(1));
  limit(ada, 100);
  spend(key, 30);
  spend(ada, 20);
  asking_.hold(ada, 10);
  reopen();
  EXPECT_EQ(ask(store().account(ada)).value().daily_limit, tokens(100));
  EXPECT_EQ(asking_.keys(ada)[0].daily_limit, tokens(70));
  EXPECT_EQ(refused_for(ada, 51), of_account(balance_of(50)));
  EXPECT_EQ(refused_for(key, 41), of_key_daily(balance_of(40)));
  EXPECT_TRUE(may_hold(key, 40));
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(Limits, AnAccountThatIsLetGoOfIsStillLimited) {
  const Presented ada = asking_.open_account("ada", 4000);
  limit(ada, 100);
  spend(ada, 30);
  for (const char* name : {"bob", "cleo"}) asking_.open_account(name);
  EXPECT_EQ(refused_for(ada, 71), of_account(balance_of(70)));
  spend(ada, 70);
  for (const char* name : {"dora", "emil"}) asking_.open_account(name);
  EXPECT_EQ(refused_for(ada, 1), of_account(balance_of(0)));
}

}  // namespace
}  // namespace parley::store
