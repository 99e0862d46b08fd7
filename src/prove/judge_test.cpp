#include "prove/judge.h"

#include <gtest/gtest.h>

namespace parley::prove {
namespace {

constexpr std::int64_t price = 100;
constexpr std::int64_t opening = 1'000;

/// Journal and rows that agree, of one account; each test spoils something.
class JudgeTest : public testing::Test {
 protected:
  JudgeTest() {
    journal.price = price;
    journal.accounts.push_back({.given = opening});
    rows.emplace_back();
    rows[0].entries.push_back({.charge = false, .amount = opening, .balance_after = opening});
  }

  std::uint32_t ask(bool keyed = false, bool streamed = false) {
    journal.requests.push_back({.account = 0, .keyed = keyed, .streamed = streamed});
    return static_cast<std::uint32_t>(journal.requests.size() - 1);
  }

  void hear(std::uint32_t request, Outcome outcome) { journal.attempts.push_back({request, outcome}); }

  void hear_answer(std::uint32_t request, const std::string& response, std::int64_t turn = 0) {
    journal.attempts.push_back({request, Outcome::answered, response, turn});
  }

  void charge(std::int64_t turn, std::int64_t amount = price) {
    const std::int64_t balance = rows[0].entries.back().balance_after - amount;
    rows[0].entries.push_back({.charge = true, .amount = -amount, .balance_after = balance, .turn = turn});
  }

  void save(std::int64_t turn, std::uint32_t request, const std::string& response) {
    rows[0].turns.push_back({turn, message_of(request), response});
  }

  void save_and_charge(std::int64_t turn, std::uint32_t request, const std::string& response) {
    save(turn, request, response);
    charge(turn);
  }

  /// A request that was answered and charged as it should be; its turn.
  std::int64_t answer_one() {
    const std::uint32_t request = ask();
    const auto turn = static_cast<std::int64_t>(rows[0].entries.size()) + 1;
    hear_answer(request, "Answer " + std::to_string(turn));
    save_and_charge(turn, request, "Answer " + std::to_string(turn));
    return turn;
  }

  Verdict verdict() const { return judge(journal, rows); }

  /// The rest of what must not happen did not.
  static void expect_only(const Verdict& verdict, std::int64_t Verdict::* count, std::int64_t times) {
    for (auto figure : {&Verdict::overdrafts, &Verdict::double_charges, &Verdict::lost_charges,
                        &Verdict::refused_charges, &Verdict::unbalanced}) {
      EXPECT_EQ(verdict.*figure, figure == count ? times : 0) << testing::PrintToString(verdict.offences);
    }
    EXPECT_EQ(verdict.offences.size(), static_cast<std::size_t>(times));
    EXPECT_FALSE(verdict.clean());
  }

  Journal journal;
  std::vector<AccountRows> rows;
};

TEST_F(JudgeTest, WhatAgreesIsClean) {
  answer_one();
  answer_one();
  journal.accounts[0].balance_at_end = opening - 2 * price;
  const Verdict found = verdict();
  EXPECT_TRUE(found.clean()) << testing::PrintToString(found.offences);
  EXPECT_EQ(found.answered, 2);
  EXPECT_EQ(found.turns, 2);
  EXPECT_EQ(found.replays, 0);
}

TEST_F(JudgeTest, AnAnswerThatIsGivenAgainIsAReplayAndNoCharge) {
  const auto request = ask(true, true);
  hear_answer(request, "Yes", 2);
  hear(request, Outcome::in_flight);
  hear_answer(request, "Yes", 2);
  save_and_charge(2, request, "Yes");
  const Verdict found = verdict();
  EXPECT_TRUE(found.clean());
  EXPECT_EQ(found.replays, 1);
  EXPECT_EQ(found.in_flight, 1);
  EXPECT_EQ(found.streams_done, 2);
}

TEST_F(JudgeTest, WhoLeftMayBeChargedOrNot) {
  const auto charged = ask(false, true);
  hear(charged, Outcome::left);
  save_and_charge(2, charged, "Nobody heard this");
  hear(ask(false, true), Outcome::left);
  hear(ask(), Outcome::left);
  const Verdict found = verdict();
  EXPECT_TRUE(found.clean());
  EXPECT_EQ(found.charged_unanswered, 1);
  EXPECT_EQ(found.streams_left, 2);
  EXPECT_EQ(found.chats_left, 1);
}

TEST_F(JudgeTest, WhatWasRefusedIsCountedByItsReason) {
  hear(ask(), Outcome::no_tokens);
  hear(ask(), Outcome::engine_failed);
  hear(ask(), Outcome::refused);
  hear(ask(), Outcome::cut_off);
  const Verdict found = verdict();
  EXPECT_TRUE(found.clean());
  EXPECT_EQ(found.no_tokens, 1);
  EXPECT_EQ(found.engine_failed, 1);
  EXPECT_EQ(found.unexpected, 2);
  EXPECT_EQ(found.answered, 0);
}

TEST_F(JudgeTest, ABalanceBelowZeroInTheDatabaseIsAnOverdraft) {
  for (std::int64_t chats = 0; chats < opening / price + 1; ++chats) answer_one();
  expect_only(verdict(), &Verdict::overdrafts, 1);
}

TEST_F(JudgeTest, ABalanceBelowZeroThatAClientWasToldIsAnOverdraft) {
  journal.accounts[0].balance_min = -1;
  expect_only(verdict(), &Verdict::overdrafts, 1);
}

TEST_F(JudgeTest, TwoTurnsOfOneRequestAreADoubleCharge) {
  const auto request = ask(true);
  hear_answer(request, "Yes");
  save_and_charge(2, request, "Yes");
  save_and_charge(3, request, "Yes");
  expect_only(verdict(), &Verdict::double_charges, 1);
}

TEST_F(JudgeTest, TwoChargesOfOneTurnAreADoubleCharge) {
  charge(answer_one());
  expect_only(verdict(), &Verdict::double_charges, 1);
}

TEST_F(JudgeTest, AChargeAboveThePriceIsADoubleCharge) {
  const auto request = ask();
  hear_answer(request, "Yes");
  save(2, request, "Yes");
  charge(2, 2 * price);
  expect_only(verdict(), &Verdict::double_charges, 1);
}

TEST_F(JudgeTest, ATurnOfNoRequestIsADoubleCharge) {
  rows[0].turns.push_back({2, "What nobody asked", "Yes"});
  charge(2);
  rows[0].turns.push_back({3, message_of(7), "Yes"});
  charge(3);
  expect_only(verdict(), &Verdict::double_charges, 2);
}

TEST_F(JudgeTest, ATurnOfAnotherAccountsRequestIsADoubleCharge) {
  const auto request = ask();
  hear(request, Outcome::left);
  journal.accounts.push_back({.given = opening});
  rows.push_back(rows[0]);
  rows[1].turns.push_back({2, message_of(request), "Yes"});
  rows[1].entries.push_back({.charge = true, .amount = -price, .balance_after = opening - price, .turn = 2});
  expect_only(verdict(), &Verdict::double_charges, 1);
}

TEST_F(JudgeTest, AnAnswerWithoutATurnIsALostCharge) {
  hear_answer(ask(), "Yes");
  expect_only(verdict(), &Verdict::lost_charges, 1);
}

TEST_F(JudgeTest, AnAnswerUnlikeItsTurnIsALostCharge) {
  const auto request = ask(true);
  hear_answer(request, "Yes");
  hear_answer(request, "No");
  save_and_charge(2, request, "Yes");
  expect_only(verdict(), &Verdict::lost_charges, 1);
}

TEST_F(JudgeTest, AnAnswerThatNamesAnotherTurnIsALostCharge) {
  const auto request = ask(false, true);
  hear_answer(request, "Yes", 3);
  save_and_charge(2, request, "Yes");
  expect_only(verdict(), &Verdict::lost_charges, 1);
}

TEST_F(JudgeTest, ATurnWithoutAChargeIsALostCharge) {
  const auto request = ask();
  hear_answer(request, "Yes");
  save(2, request, "Yes");
  expect_only(verdict(), &Verdict::lost_charges, 1);
}

TEST_F(JudgeTest, AChargeWithoutATurnIsALostCharge) {
  charge(2);
  expect_only(verdict(), &Verdict::lost_charges, 1);
}

TEST_F(JudgeTest, AChargeBelowThePriceIsALostCharge) {
  const auto request = ask();
  hear_answer(request, "Yes");
  save(2, request, "Yes");
  charge(2, price - 1);
  expect_only(verdict(), &Verdict::lost_charges, 1);
}

TEST_F(JudgeTest, ARequestThatWasRefusedMustNotBeCharged) {
  std::int64_t turn = 1;
  for (const Outcome refused : {Outcome::no_tokens, Outcome::in_flight, Outcome::engine_failed, Outcome::refused}) {
    const auto request = ask(true);
    hear(request, refused);
    save_and_charge(++turn, request, "Yes");
  }
  expect_only(verdict(), &Verdict::refused_charges, 4);
}

TEST_F(JudgeTest, WhatWasGivenLessWhatWasChargedIsThere) {
  journal.accounts[0].given = opening + 500;
  expect_only(verdict(), &Verdict::unbalanced, 1);
}

TEST_F(JudgeTest, TheBalanceAtTheEndIsTheDatabases) {
  journal.accounts[0].balance_at_end = opening - price;
  expect_only(verdict(), &Verdict::unbalanced, 1);
}

TEST_F(JudgeTest, ABalanceThatIsNotTheSumOfItsEntriesDoesNotAddUp) {
  rows[0].entries.back().balance_after += 1;
  expect_only(verdict(), &Verdict::unbalanced, 1);
}

TEST_F(JudgeTest, NoMoreOffencesAreNamedThanAnybodyReads) {
  for (int answers = 0; answers < 25; ++answers) hear_answer(ask(), "Yes");
  const Verdict found = verdict();
  EXPECT_EQ(found.lost_charges, 25);
  EXPECT_EQ(found.offences.size(), Verdict::offences_named_max);
}

TEST(Journal, AMessageNamesItsRequest) {
  EXPECT_EQ(request_of(message_of(0)), 0U);
  EXPECT_EQ(request_of(message_of(4'294'967'295)), 4'294'967'295U);
  for (const char* other : {"", "Request", "Request ", "Request x", "Request 1x", "Request 01", "Request 4294967296"}) {
    EXPECT_EQ(request_of(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace parley::prove
