// What every keeper must do with idempotency keys.

#include <gmock/gmock.h>

#include "store/conformance_fixture.h"

namespace parley::store {
namespace {

class IdempotencyKeys : public OnEveryKeeper {
 protected:
  static HoldRequest request(const Presented& credential, std::int64_t amount, const std::string& key = "k",
                             std::uint64_t fingerprint = 1) {
    return {.credential = credential,
            .amount = tokens(amount),
            .idempotency = Idempotency{.key = key, .fingerprint = secret(fingerprint)}};
  }
  base::Result<HoldDecision> decide(HoldRequest request) { return ask(store().hold(std::move(request))); }
  Hold hold(HoldRequest request) { return std::move(std::get<Held>(*decide(std::move(request))).hold); }
  Replay replay(HoldRequest request) { return std::get<Replay>(decide(std::move(request)).value()); }
  Settled settle(Hold hold, std::int64_t charge) {
    return ask(store().settle(std::move(hold), {.charge = tokens(charge),
                                                .message = "question",
                                                .response = "answer",
                                                .finish_reason = "length",
                                                .answer = "{\"usage\": 7}"}))
        .value();
  }
  bool is_free(const Presented& credential, const std::string& key = "k") {
    const auto decision = decide(request(credential, 0, key, 99));
    return decision.has_value() && std::holds_alternative<Held>(*decision);
  }
};

INSTANTIATE_TEST_SUITE_P(Keepers, IdempotencyKeys, every_keeper(), keeper_name);

TEST_P(IdempotencyKeys, ASettledTurnIsAnsweredAgainAndNotChargedAgain) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Hold other = asking_.hold(ada, 500);
  const Settled settled = settle(hold(request(ada, 100)), 70);
  ask(store().post(ada.account, ledger::EntryKind::credit, tokens(1))).value();
  for (int again = 0; again < 2; ++again) {
    const Replay replayed = replay(request(ada, 100));
    EXPECT_EQ(replayed.turn, settled.turn);
    EXPECT_EQ(replayed.charge, tokens(70));
    EXPECT_EQ(replayed.available, settled.balance.available());
    EXPECT_EQ(replayed.available, tokens(3430));
    EXPECT_EQ(replayed.message, "question");
    EXPECT_EQ(replayed.response, "answer");
    EXPECT_EQ(replayed.finish_reason, "length");
    EXPECT_EQ(replayed.answer, "{\"usage\": 7}");
  }
  EXPECT_EQ(asking_.balance(ada), balance_of(3931, 500));
  EXPECT_EQ(store().hold_counts().taken, 2);
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(IdempotencyKeys, AReplayIsTheSameAfterReopening) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Settled settled = settle(hold(request(ada, 100)), 70);
  reopen();
  EXPECT_EQ(replay(request(ada, 100)).turn, settled.turn);
  EXPECT_EQ(replay(request(ada, 100)).response, "answer");
}

TEST_P(IdempotencyKeys, ATurnThatStoppedAsUsualSaysSo) {
  const Presented ada = asking_.open_account("ada", 4000);
  asking_.settle(hold(request(ada, 100)), 70).value();
  EXPECT_EQ(replay(request(ada, 100)).finish_reason, "stop");
  EXPECT_EQ(replay(request(ada, 100)).answer, "");
}

TEST_P(IdempotencyKeys, AKeyWithAnotherFingerprintIsAMismatch) {
  const Presented ada = asking_.open_account("ada", 4000);
  Hold in_flight = hold(request(ada, 100, "k", 1));
  EXPECT_EQ(code_of(decide(request(ada, 100, "k", 2))), "mismatch");
  settle(std::move(in_flight), 70);
  const auto refused = decide(request(ada, 100, "k", 2));
  EXPECT_EQ(code_of(refused), "mismatch");
  EXPECT_EQ(refused.error().message, "This idempotency key was used with another request.");
  EXPECT_EQ(asking_.balance(ada), balance_of(3930));
}

TEST_P(IdempotencyKeys, AKeyInFlightIsAConflictThatPasses) {
  const Presented ada = asking_.open_account("ada", 4000);
  Hold in_flight = hold(request(ada, 100));
  const auto refused = decide(request(ada, 100));
  EXPECT_EQ(code_of(refused), "conflict");
  EXPECT_EQ(refused.error().message, "A request with this idempotency key is in flight.");
  EXPECT_EQ(refused.error().retry_after, std::optional(std::chrono::seconds(1)));
  EXPECT_EQ(asking_.balance(ada), balance_of(4000, 100));
  settle(std::move(in_flight), 70);
  EXPECT_EQ(replay(request(ada, 100)).charge, tokens(70));
}

TEST_P(IdempotencyKeys, AReleasedHoldFreesItsKey) {
  const Presented ada = asking_.open_account("ada", 4000);
  hold(request(ada, 100, "k", 1));
  const Settled settled = settle(hold(request(ada, 100, "k", 2)), 70);
  EXPECT_EQ(replay(request(ada, 100, "k", 2)).turn, settled.turn);
}

TEST_P(IdempotencyKeys, ARefusedSettlementFreesTheKey) {
  const Presented ada = asking_.open_account("ada", 4000);
  EXPECT_EQ(code_of(asking_.settle(hold(request(ada, 100)), 101)), "invalid_input");
  EXPECT_TRUE(is_free(ada));
}

TEST_P(IdempotencyKeys, AHoldThatIsRefusedLeavesItsKeyFree) {
  const Presented ada = asking_.open_account("ada", 100);
  EXPECT_TRUE(std::holds_alternative<Shortfall>(decide(request(ada, 101)).value()));
  EXPECT_TRUE(is_free(ada));
  HoldRequest crowded = request(ada, 1);
  crowded.in_flight_max = 0;
  EXPECT_EQ(code_of(decide(crowded)), "too_many_requests");
  EXPECT_TRUE(is_free(ada));
}

TEST_P(IdempotencyKeys, AStopFreesTheKeysInFlight) {
  const Presented ada = asking_.open_account("ada", 4000);
  hold(request(ada, 100));
  reopen();
  EXPECT_TRUE(is_free(ada));
}

TEST_P(IdempotencyKeys, KeysAreTheAccountsOwn) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented bob = asking_.open_account("bob", 4000);
  Hold in_flight = hold(request(ada, 100));
  EXPECT_TRUE(is_free(bob));
  settle(std::move(in_flight), 70);
  EXPECT_TRUE(is_free(bob));
}

TEST_P(IdempotencyKeys, KeysAreComparedToTheByte) {
  const Presented ada = asking_.open_account("ada", 4000);
  settle(hold(request(ada, 100, "Key")), 1);
  for (const std::string& other : {std::string("key"), std::string("Key "), std::string("Key\0", 4), std::string()}) {
    EXPECT_TRUE(is_free(ada, other)) << other;
  }
}

TEST_P(IdempotencyKeys, SeveralKeysAreInFlightAtOnce) {
  const Presented ada = asking_.open_account("ada", 4000);
  Hold one = hold(request(ada, 100, "one"));
  const Hold two = hold(request(ada, 100, "two"));
  settle(std::move(one), 1);
  EXPECT_EQ(replay(request(ada, 100, "one")).charge, tokens(1));
  EXPECT_EQ(code_of(decide(request(ada, 100, "two"))), "conflict");
  EXPECT_TRUE(is_free(ada, "three"));
}

TEST_P(IdempotencyKeys, WhateverCredentialTheAccountPresentsItsKeysAreTheSame) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10, tokens(100));
  const Settled settled = settle(hold(request(key, 100)), 100);
  EXPECT_EQ(replay(request(ada, 100)).turn, settled.turn);
  EXPECT_EQ(replay(request(key, 100)).turn, settled.turn);
}

TEST_P(IdempotencyKeys, ARequestWithoutAKeyIsNeverReplayed) {
  const Presented ada = asking_.open_account("ada", 4000);
  settle(hold(request(ada, 100, "")), 70);
  EXPECT_TRUE(std::holds_alternative<Held>(ask(store().hold({.credential = ada, .amount = tokens(100)})).value()));
}

// The order of what speaks against a hold

TEST_P(IdempotencyKeys, NothingIsReplayedToAStranger) {
  const Presented ada = asking_.open_account("ada", 4000);
  settle(hold(request(ada, 100)), 70);
  EXPECT_EQ(code_of(decide(request({ada.account, secret(2)}, 100))), "unauthenticated");
}

TEST_P(IdempotencyKeys, ATurnIsReplayedAlsoWhereNoTokensAreLeft) {
  const Presented ada = asking_.open_account("ada", 100);
  settle(hold(request(ada, 100)), 100);
  EXPECT_EQ(replay(request(ada, 100)).available, tokens(0));
  EXPECT_EQ(code_of(decide(request(ada, 100, "k", 2))), "mismatch");
}

TEST_P(IdempotencyKeys, ATurnIsReplayedAlsoWhereTooManyRequestsAreInFlight) {
  const Presented ada = asking_.open_account("ada", 4000);
  settle(hold(request(ada, 100)), 100);
  const Hold in_flight = hold(request(ada, 100, "other"));
  HoldRequest crowded = request(ada, 100);
  crowded.in_flight_max = 1;
  EXPECT_EQ(replay(crowded).charge, tokens(100));
  crowded.idempotency->key = "other";
  EXPECT_EQ(code_of(decide(crowded)), "conflict");
  crowded.idempotency->key = "third";
  EXPECT_EQ(code_of(decide(crowded)), "too_many_requests");
}

// For how long

TEST_P(IdempotencyKeys, AKeyIsRememberedAsLongAsIsPromised) {
  const Presented ada = asking_.open_account("ada", 4000);
  settle(hold(request(ada, 100)), 70);
  keeper_->clock.advance(idempotency_kept_min);
  for (int i = 0; i < 5; ++i) settle(hold(request(ada, 100, "later " + std::to_string(i))), 1);
  EXPECT_EQ(replay(request(ada, 100)).charge, tokens(70));
}

}  // namespace
}  // namespace parley::store
