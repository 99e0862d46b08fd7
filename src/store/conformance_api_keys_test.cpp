// What every keeper must do with API keys.

#include <gmock/gmock.h>

#include "store/conformance_fixture.h"

namespace parley::store {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

class ApiKeys : public OnEveryKeeper {
 protected:
  HoldDecision decide(const Presented& credential, std::int64_t amount) {
    return ask(store().hold({.credential = credential, .amount = tokens(amount)})).value();
  }
  static std::optional<Allowance> of_key(const Balance& left) {
    return Allowance{.limit = SpendingLimit::key, .left = left};
  }
};

INSTANTIATE_TEST_SUITE_P(Keepers, ApiKeys, every_keeper(), keeper_name);

// Making, listing and ending them

TEST_P(ApiKeys, AKeyIsAnsweredAndListedAsItWasMade) {
  keeper_->clock.advance(hours(1));
  const Presented ada = asking_.open_account("ada");
  const base::Timestamp expires = keeper_->clock.now() + hours(1);
  const NewKey key{.name = "ci", .digest = secret(10), .limit = tokens(300), .expires = expires};
  const KeySummary made = ask(store().create_key(ada, key)).value();
  const auto listed = asking_.keys(ada);
  ASSERT_THAT(listed, SizeIs(1));
  for (const KeySummary& summary : {made, listed[0]}) {
    EXPECT_EQ(summary.id, made.id);
    EXPECT_EQ(summary.name, "ci");
    EXPECT_EQ(summary.created, keeper_->clock.now());
    EXPECT_EQ(summary.expires, expires);
    EXPECT_EQ(summary.last_used, std::nullopt);
    EXPECT_EQ(summary.limit, tokens(300));
    EXPECT_EQ(summary.spent, tokens(0));
  }
}

TEST_P(ApiKeys, AKeyNeedsNoLimitAndNoEnd) {
  const Presented ada = asking_.open_account("ada");
  asking_.open_key(ada, 10);
  EXPECT_EQ(asking_.keys(ada)[0].limit, std::nullopt);
  EXPECT_EQ(asking_.keys(ada)[0].expires, std::nullopt);
}

TEST_P(ApiKeys, KeysAreListedOldestFirstAndOnlyTheAccountsOwn) {
  const Presented ada = asking_.open_account("ada");
  const Presented bob = asking_.open_account("bob");
  for (const std::uint64_t number : {10U, 11U}) asking_.open_key(ada, number);
  asking_.open_key(bob, 12);
  asking_.open_key(ada, 13);
  const auto keys = asking_.keys(ada);
  ASSERT_THAT(keys, SizeIs(3));
  EXPECT_LT(keys[0].id, keys[1].id);
  EXPECT_LT(keys[1].id, keys[2].id);
  EXPECT_THAT(asking_.keys(bob), SizeIs(1));
}

TEST_P(ApiKeys, AnAccountHasALimitedNumberOfKeysExpiredOnesIncluded) {
  const Presented ada = asking_.open_account("ada");
  for (int i = 0; i < keys_per_account_max; ++i) {
    asking_.open_key(ada, static_cast<std::uint64_t>(100 + i), std::nullopt, keeper_->clock.now());
  }
  EXPECT_EQ(code(store().create_key(ada, {.name = "one more", .digest = secret(10)})), "conflict");
  ask(store().end_key(ada, asking_.keys(ada)[7].id)).value();
  EXPECT_EQ(code(store().create_key(ada, {.name = "one more", .digest = secret(10)})), "ok");
  EXPECT_EQ(code(store().create_key(ada, {.name = "two more", .digest = secret(11)})), "conflict");
  EXPECT_EQ(code(store().authenticate({ada.account, secret(10), CredentialKind::api_key})), "ok");
}

TEST_P(ApiKeys, AnAccountMakesSoManyInAllAndNoMore) {
  const Presented ada = asking_.open_account("ada");
  for (std::int64_t made = 0; made < keys_made_per_account_max; ++made) {
    const auto key = ask(store().create_key(ada, {.name = "key", .digest = secret(10)})).value();
    ask(store().end_key(ada, key.id)).value();
  }
  EXPECT_EQ(code(store().create_key(ada, {.name = "one more", .digest = secret(10)})), "conflict");
  EXPECT_EQ(code(store().create_key(asking_.open_account("bob"), {.name = "his", .digest = secret(10)})), "ok");
}

TEST_P(ApiKeys, ALimitIsNotNegative) {
  const Presented ada = asking_.open_account("ada");
  EXPECT_EQ(code(store().create_key(ada, {.name = "key", .digest = secret(10), .limit = tokens(-1)})), "invalid_input");
  EXPECT_THAT(asking_.keys(ada), IsEmpty());
}

TEST_P(ApiKeys, AnEndedKeyIsEndedOnceAndNotListed) {
  const Presented ada = asking_.open_account("ada");
  const Presented first = asking_.open_key(ada, 10);
  const Presented second = asking_.open_key(ada, 11);
  const auto id = asking_.keys(ada)[0].id;
  EXPECT_EQ(code(store().end_key(ada, id)), "ok");
  EXPECT_EQ(code(store().end_key(ada, id)), "not_found");
  EXPECT_EQ(code(store().authenticate(first)), "unauthenticated");
  EXPECT_EQ(code(store().authenticate(second)), "ok");
  EXPECT_THAT(asking_.keys(ada), SizeIs(1));
}

TEST_P(ApiKeys, NoAccountEndsAnothersKey) {
  const Presented ada = asking_.open_account("ada");
  const Presented bob = asking_.open_account("bob");
  const Presented key = asking_.open_key(ada, 10);
  EXPECT_EQ(code(store().end_key(bob, asking_.keys(ada)[0].id)), "not_found");
  EXPECT_EQ(code(store().end_key(bob, {77})), "not_found");
  EXPECT_EQ(code(store().authenticate(key)), "ok");
}

TEST_P(ApiKeys, WhoPresentsNoGoodLoginMakesListsAndEndsNone) {
  const Presented ada = asking_.open_account("ada");
  const Presented stranger{ada.account, secret(2)};
  EXPECT_EQ(code(store().create_key(stranger, {.name = "key", .digest = secret(10)})), "unauthenticated");
  EXPECT_EQ(code(store().list_keys(stranger)), "unauthenticated");
  EXPECT_EQ(code(store().end_key(stranger, {1})), "unauthenticated");
}

// What they prove

TEST_P(ApiKeys, AKeyProvesItsAccountWhereItsBalanceIsAskedFor) {
  const Presented ada = asking_.open_account("ada", 700);
  const Presented key = asking_.open_key(ada, 10);
  EXPECT_EQ(ask(store().authenticate(key)).value(), ada.account);
  EXPECT_EQ(asking_.balance(key), balance_of(700));
  EXPECT_EQ(ask(store().account(key)).value().username, "ada");
  EXPECT_THAT(ask(store().statement(key, std::nullopt, 10)).value(), SizeIs(1));
}

TEST_P(ApiKeys, AKeyIsNoLoginAndALoginNoKey) {
  const Presented ada = asking_.open_account("ada");
  asking_.open_key(ada, 10);
  EXPECT_EQ(code(store().authenticate({ada.account, secret(10)})), "unauthenticated");
  EXPECT_EQ(code(store().authenticate({ada.account, secret(1), CredentialKind::api_key})), "unauthenticated");
}

TEST_P(ApiKeys, AKeyOpensOnlyItsOwnAccount) {
  const Presented ada = asking_.open_account("ada");
  const Presented bob = asking_.open_account("bob");
  asking_.open_key(ada, 10);
  EXPECT_EQ(code(store().authenticate({bob.account, secret(10), CredentialKind::api_key})), "unauthenticated");
  EXPECT_EQ(code(store().authenticate({{1}, secret(10), CredentialKind::api_key})), "unauthenticated");
  EXPECT_EQ(code(store().hold({.credential = {bob.account, secret(10), CredentialKind::api_key}, .amount = tokens(1)})),
            "unauthenticated");
}

TEST_P(ApiKeys, WhatOnlyALoginMayDoIsForbiddenToAKey) {
  const Presented ada = asking_.open_account("ada");
  const Presented key = asking_.open_key(ada, 10);
  const auto forbidden = ask(store().find_login(key));
  EXPECT_EQ(code_of(forbidden), "forbidden");
  EXPECT_EQ(forbidden.error().message, "An API key can't do this; log in.");
  EXPECT_EQ(code(store().end_login_token(key)), "forbidden");
  EXPECT_EQ(code(store().delete_account(key)), "forbidden");
  EXPECT_EQ(code(store().create_key(key, {.name = "key", .digest = secret(11)})), "forbidden");
  EXPECT_EQ(code(store().list_keys(key)), "forbidden");
  EXPECT_EQ(code(store().end_key(key, asking_.keys(ada)[0].id)), "forbidden");
  EXPECT_EQ(code(store().authenticate(ada)), "ok");
  EXPECT_EQ(code(store().authenticate(key)), "ok");
}

TEST_P(ApiKeys, WhatIsForbiddenToAKeyIsUnauthenticatedToOneThatHasEnded) {
  const Presented ada = asking_.open_account("ada");
  const Presented key = asking_.open_key(ada, 10);
  ask(store().end_key(ada, asking_.keys(ada)[0].id)).value();
  EXPECT_EQ(code(store().find_login(key)), "unauthenticated");
  EXPECT_EQ(code(store().list_keys(key)), "unauthenticated");
}

TEST_P(ApiKeys, AKeyIsNoCredentialFromTheMomentThatItExpires) {
  const Presented ada = asking_.open_account("ada");
  const Presented key = asking_.open_key(ada, 10, std::nullopt, keeper_->clock.now() + milliseconds(2));
  keeper_->clock.advance(milliseconds(1));
  EXPECT_EQ(code(store().authenticate(key)), "ok");
  keeper_->clock.advance(milliseconds(1));
  EXPECT_EQ(code(store().authenticate(key)), "unauthenticated");
  EXPECT_EQ(code(store().hold({.credential = key, .amount = tokens(1)})), "unauthenticated");
  EXPECT_THAT(asking_.keys(ada), SizeIs(1));
  EXPECT_EQ(code(store().end_key(ada, asking_.keys(ada)[0].id)), "ok");
}

TEST_P(ApiKeys, LoggingInAndOutAndANewPasswordEndNoKeys) {
  Presented ada = asking_.open_account("ada");
  const Presented key = asking_.open_key(ada, 10);
  ask(store().replace_login_token(ada.account, "hash of ada", secret(2))).value();
  EXPECT_EQ(code(store().authenticate(key)), "ok");
  ada.digest = secret(2);
  ask(store().end_login_token(ada)).value();
  EXPECT_EQ(code(store().authenticate(key)), "ok");
  ask(store().change_password(ada.account, std::nullopt, "new")).value();
  EXPECT_EQ(code(store().authenticate(key)), "ok");
}

TEST_P(ApiKeys, DisablingEndsTheKeysAndEnablingDoesNotBringThemBack) {
  const Presented ada = asking_.open_account("ada");
  const Presented key = asking_.open_key(ada, 10);
  ask(store().set_disabled(ada.account, true)).value();
  EXPECT_EQ(code(store().authenticate(key)), "unauthenticated");
  ask(store().set_disabled(ada.account, false)).value();
  EXPECT_EQ(code(store().authenticate(key)), "unauthenticated");
  reopen();
  EXPECT_EQ(code(store().authenticate(key)), "unauthenticated");
}

TEST_P(ApiKeys, KeysAndWhatTheySpentAreThereAfterReopening) {
  const Presented ada = asking_.open_account("ada");
  const Presented key = asking_.open_key(ada, 10, tokens(300));
  const Presented ended = asking_.open_key(ada, 11);
  asking_.settle(asking_.hold(key, 120), 100).value();
  ask(store().end_key(ada, asking_.keys(ada)[1].id)).value();
  const auto before = asking_.keys(ada);
  reopen();
  EXPECT_EQ(code(store().authenticate(ended)), "unauthenticated");
  const auto after = asking_.keys(ada);
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_EQ(after[0].id, before[0].id);
  EXPECT_EQ(after[0].spent, tokens(100));
  EXPECT_EQ(after[0].limit, tokens(300));
  EXPECT_TRUE(std::holds_alternative<Shortfall>(decide(key, 201)));
  EXPECT_TRUE(std::holds_alternative<Held>(decide(key, 200)));
  asking_.open_key(ada, 12);
  EXPECT_GT(asking_.keys(ada)[1].id.value, before[0].id.value + 1);
}

// What they may spend

TEST_P(ApiKeys, AHoldWithAKeyCountsForItsAccount) {
  const Presented ada = asking_.open_account("ada", 400);
  const Presented key = asking_.open_key(ada, 10);
  Hold hold = asking_.hold(key, 100);
  EXPECT_EQ(asking_.balance(ada), balance_of(400, 100));
  EXPECT_EQ(asking_.settle(std::move(hold), 70).value().balance, balance_of(330));
  EXPECT_EQ(asking_.keys(ada)[0].spent, tokens(70));
}

TEST_P(ApiKeys, AKeyHasSpentWhatWasChargedWithItAndNothingElse) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented first = asking_.open_key(ada, 10);
  const Presented second = asking_.open_key(ada, 11);
  asking_.settle(asking_.hold(first, 100), 100).value();
  asking_.settle(asking_.hold(first, 100), 1).value();
  asking_.settle(asking_.hold(second, 100), 10).value();
  asking_.settle(asking_.hold(ada, 100), 50).value();
  asking_.hold(first, 100);
  EXPECT_TRUE(asking_.settle(asking_.hold(first, 100), 101).has_error());
  EXPECT_EQ(asking_.keys(ada)[0].spent, tokens(101));
  EXPECT_EQ(asking_.keys(ada)[1].spent, tokens(10));
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(ApiKeys, AHoldBeyondWhatTheKeyMaySpendIsAShortfallThatSaysWhatItMay) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10, tokens(300));
  asking_.settle(asking_.hold(key, 100), 50).value();
  const Hold open = asking_.hold(key, 100);
  const Hold of_the_login = asking_.hold(ada, 7);
  const auto small = std::get<Shortfall>(decide(key, 151));
  EXPECT_EQ(small.required, tokens(151));
  EXPECT_EQ(small.balance, balance_of(3950, 107));
  EXPECT_EQ(small.allowance, of_key(balance_of(250, 100)));
  EXPECT_TRUE(small.only_held());
  EXPECT_FALSE(std::get<Shortfall>(decide(key, 251)).only_held());
  EXPECT_TRUE(std::holds_alternative<Held>(decide(key, 150)));
  EXPECT_TRUE(std::holds_alternative<Held>(decide(ada, 151)));
}

TEST_P(ApiKeys, WhatAHoldSetAsideOfTheLimitIsFreeOnceItEnds) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10, tokens(100));
  {
    const Hold hold = asking_.hold(key, 100);
    EXPECT_TRUE(std::holds_alternative<Shortfall>(decide(key, 1)));
  }
  asking_.settle(asking_.hold(key, 100), 40).value();
  EXPECT_TRUE(std::holds_alternative<Held>(decide(key, 60)));
  EXPECT_TRUE(std::holds_alternative<Shortfall>(decide(key, 61)));
  EXPECT_TRUE(std::holds_alternative<Held>(decide(key, 0)));
}

TEST_P(ApiKeys, TheAccountsOwnShortfallIsToldBeforeTheKeys) {
  const Presented ada = asking_.open_account("ada", 100);
  const Presented key = asking_.open_key(ada, 10, tokens(10));
  const auto shortfall = std::get<Shortfall>(decide(key, 101));
  EXPECT_EQ(shortfall.allowance, std::nullopt);
  EXPECT_EQ(shortfall.balance, balance_of(100));
  EXPECT_EQ(std::get<Shortfall>(decide(key, 100)).allowance, of_key(balance_of(10)));
}

TEST_P(ApiKeys, AKeyWithALimitOfNothingStillHoldsNothing) {
  const Presented ada = asking_.open_account("ada", 100);
  const Presented key = asking_.open_key(ada, 10, tokens(0));
  EXPECT_EQ(std::get<Shortfall>(decide(key, 1)).allowance, of_key(balance_of(0)));
  EXPECT_EQ(code_of(asking_.settle(asking_.hold(key, 0), 0)), "ok");
}

TEST_P(ApiKeys, AHoldFinishesThoughItsKeyHasEndedAndIsStillCounted) {
  const Presented ada = asking_.open_account("ada", 400);
  const Presented key = asking_.open_key(ada, 10);
  Hold settled = asking_.hold(key, 100);
  Hold released = asking_.hold(key, 100);
  const auto id = asking_.keys(ada)[0].id;
  ask(store().end_key(ada, id)).value();
  EXPECT_EQ(asking_.settle(std::move(settled), 60).value().balance, balance_of(340, 100));
  released = Hold();
  EXPECT_EQ(asking_.balance(ada), balance_of(340));
  EXPECT_EQ(ask(store().statement(ada, std::nullopt, 1)).value()[0].key, std::optional(id));
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(ApiKeys, AHoldFinishesThoughItsKeyHasExpired) {
  const Presented ada = asking_.open_account("ada", 400);
  const Presented key = asking_.open_key(ada, 10, std::nullopt, keeper_->clock.now() + seconds(1));
  Hold hold = asking_.hold(key, 100);
  keeper_->clock.advance(seconds(1));
  asking_.settle(std::move(hold), 60).value();
  EXPECT_EQ(asking_.keys(ada)[0].spent, tokens(60));
}

TEST_P(ApiKeys, AHoldFinishesThoughItsAccountIsDisabled) {
  const Presented ada = asking_.open_account("ada", 400);
  const Presented key = asking_.open_key(ada, 10);
  Hold hold = asking_.hold(key, 100);
  ask(store().set_disabled(ada.account, true)).value();
  EXPECT_EQ(asking_.settle(std::move(hold), 60).value().balance, balance_of(340));
  EXPECT_TRUE(keeper_->verify().sound());
}

// When they were used

TEST_P(ApiKeys, TheListSaysWhenAKeyWasUsedLast) {
  const Presented ada = asking_.open_account("ada");
  const Presented key = asking_.open_key(ada, 10);
  keeper_->clock.advance(hours(1));
  const base::Timestamp first = keeper_->clock.now();
  ask(store().authenticate(key)).value();
  EXPECT_EQ(asking_.keys(ada)[0].last_used, first);
  keeper_->clock.advance(minutes(1));
  asking_.balance(key);
  EXPECT_EQ(asking_.keys(ada)[0].last_used, first + minutes(1));
  reopen();
  EXPECT_EQ(asking_.keys(ada)[0].last_used, first + minutes(1));
}

TEST_P(ApiKeys, AUseLessThanAMinuteAfterOneThatWasSavedLastsAtLeastWithASettlement) {
  const Presented ada = asking_.open_account("ada");
  const Presented key = asking_.open_key(ada, 10);
  keeper_->clock.advance(hours(1));
  asking_.balance(key);
  keeper_->clock.advance(seconds(7));
  const base::Timestamp second = keeper_->clock.now();
  asking_.settle(asking_.hold(key, 1), 1).value();
  reopen();
  EXPECT_EQ(asking_.keys(ada)[0].last_used, second);
}

TEST_P(ApiKeys, WhoIsRefusedHasNotUsedAKey) {
  const Presented ada = asking_.open_account("ada");
  asking_.open_key(ada, 10);
  EXPECT_EQ(code(store().authenticate({ada.account, secret(11), CredentialKind::api_key})), "unauthenticated");
  EXPECT_EQ(asking_.keys(ada)[0].last_used, std::nullopt);
}

}  // namespace
}  // namespace parley::store
