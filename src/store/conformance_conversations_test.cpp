// What every keeper must do with conversations, and with what a turn records.

#include <gmock/gmock.h>

#include "store/conversations_fixture.h"

namespace parley::store {
namespace {

using base::ConversationId;
using testing::ElementsAre;
using testing::IsEmpty;

class Conversations : public WithConversations {};

INSTANTIATE_TEST_SUITE_P(Keepers, Conversations, every_keeper(), keeper_name);

// Turns and their conversations

TEST_P(Conversations, ATurnWithoutOneBeginsItsOwn) {
  const Settled first = chat(ada_);
  EXPECT_EQ(first.conversation.value, first.turn.value);
  const Settled second = chat(ada_);
  EXPECT_EQ(second.conversation.value, second.turn.value);
}

TEST_P(Conversations, ATurnGoesOnWithTheOneItNames) {
  const Settled first = chat(ada_, std::nullopt, "one", "two");
  const Settled second = chat(ada_, first.conversation, "three", "four");
  reopen();
  const Settled third = chat(ada_, first.conversation, "five", "six");
  EXPECT_EQ(second.conversation, first.conversation);
  EXPECT_EQ(third.conversation, first.conversation);
  const auto turns = read(ada_, first.conversation);
  ASSERT_EQ(turns.size(), 3U);
  EXPECT_EQ(turns[0].turn, third.turn);
  EXPECT_EQ(turns[0].message, "five");
  EXPECT_EQ(turns[0].response, "six");
  EXPECT_EQ(turns[1].turn, second.turn);
  EXPECT_EQ(turns[2].turn, first.turn);
  EXPECT_EQ(turns[2].message, "one");
  EXPECT_EQ(asking_.balance(ada_), balance_of(3997));
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(Conversations, ATurnThatCanNotGoOnWithTheOneItNamesBeginsItsOwnAndIsCharged) {
  const ConversationId of_bob = begin(bob_);
  const ConversationId mine = begin(ada_);
  const Settled inner = chat(ada_, mine);
  const ConversationId deleted = begin(ada_);
  erase(ada_, deleted);
  const std::int64_t charged_before = asking_.balance(ada_).posted.count();
  std::int64_t count = 0;
  for (const ConversationId wrong : {of_bob, ConversationId{inner.turn.value}, deleted, ConversationId{77'777},
                                     ConversationId{0}, ConversationId{-1}}) {
    const Settled settled = chat(ada_, wrong);
    EXPECT_EQ(settled.conversation.value, settled.turn.value) << wrong.value;
    EXPECT_EQ(read(ada_, settled.conversation).size(), 1U);
    ++count;
  }
  EXPECT_EQ(asking_.balance(ada_).posted.count(), charged_before - count);
  EXPECT_EQ(read(bob_, of_bob).size(), 1U);
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(Conversations, AnEntryThatIsNoTurnIsNoConversation) {
  // Ada's opening grant is entry 1.
  EXPECT_THAT(codes(ada_, {1}), testing::Each("not_found"));
  const Settled settled = chat(ada_, ConversationId{1});
  EXPECT_EQ(settled.conversation.value, settled.turn.value);
}

TEST_P(Conversations, ATurnSaysWhatItRecorded) {
  Settlement settlement{.charge = tokens(7), .message = "question", .response = "answer", .finish_reason = "length"};
  settlement.model = "small";
  settlement.usage = TurnUsage{.input_model_tokens = 12, .output_model_tokens = 0};
  const auto at = keeper_->clock.now();
  const Settled settled = ask(store().settle(asking_.hold(ada_, 9), settlement)).value();
  reopen();
  const TurnRecord turn = read(ada_, settled.conversation).at(0);
  EXPECT_EQ(turn.turn, settled.turn);
  EXPECT_EQ(turn.time, at);
  EXPECT_EQ(turn.charge, tokens(7));
  EXPECT_EQ(turn.finish_reason, "length");
  EXPECT_EQ(turn.model, "small");
  ASSERT_TRUE(turn.usage);
  EXPECT_EQ(turn.usage->input_model_tokens, 12);
  EXPECT_EQ(turn.usage->output_model_tokens, 0);
}

TEST_P(Conversations, ATurnThatRecordedNothingMoreSaysSo) {
  const TurnRecord turn = read(ada_, begin(ada_)).at(0);
  EXPECT_EQ(turn.finish_reason, "stop");
  EXPECT_EQ(turn.model, "");
  EXPECT_FALSE(turn.usage);
}

TEST_P(Conversations, UsageBelowNothingIsNotRecordedAndTheTurnIsCharged) {
  for (const TurnUsage usage : {TurnUsage{-1, 1}, TurnUsage{1, -1}}) {
    Settlement settlement{.charge = tokens(1), .message = "question", .response = "answer"};
    settlement.usage = usage;
    const Settled settled = ask(store().settle(asking_.hold(ada_, 1), std::move(settlement))).value();
    EXPECT_FALSE(read(ada_, settled.conversation).at(0).usage);
  }
  EXPECT_EQ(asking_.balance(ada_), balance_of(3998));
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(Conversations, AReplayNamesTheOneOfItsTurn) {
  const Settled first = chat_once(ada_, "first", std::nullopt);
  const Settled second = chat_once(ada_, "second", first.conversation);
  EXPECT_EQ(second.conversation, first.conversation);
  for (const auto& [key, settled] : {std::pair("first", first), std::pair("second", second)}) {
    const auto replay = std::get<Replay>(ask(store().hold(with_key(ada_, key))).value());
    EXPECT_EQ(replay.turn, settled.turn);
    EXPECT_EQ(replay.conversation, first.conversation);
  }
}

// Reading one

TEST_P(Conversations, AreReadFromTheNewestInPartsThatMeet) {
  const ConversationId conversation = begin(ada_, "0");
  begin(ada_, "another");
  for (int i = 1; i < 5; ++i) chat(ada_, conversation, std::to_string(i));
  std::string seen;
  std::optional<base::TurnId> before;
  for (auto turns = read(ada_, conversation, before, 2); !turns.empty(); turns = read(ada_, conversation, before, 2)) {
    EXPECT_LE(turns.size(), 2U);
    for (const TurnRecord& turn : turns) seen += turn.message;
    before = turns.back().turn;
  }
  EXPECT_EQ(seen, "43210");
  EXPECT_THAT(read(ada_, conversation, std::nullopt, 0), IsEmpty());
  EXPECT_THAT(read(ada_, conversation, std::nullopt, -1), IsEmpty());
}

TEST_P(Conversations, AreReadWithNoMoreTextThanAnAnswerHas) {
  const std::string half(turns_read_bytes_max / 2, 'x');
  const ConversationId conversation = chat(ada_, std::nullopt, "oldest", "").conversation;
  chat(ada_, conversation, "", half);
  chat(ada_, conversation, half, "");
  chat(ada_, conversation, half + half, "longer than an answer has");
  auto turns = read(ada_, conversation);
  EXPECT_EQ(turns.size(), 1U);
  turns = read(ada_, conversation, turns.back().turn);
  EXPECT_EQ(turns.size(), 2U);
  turns = read(ada_, conversation, turns.back().turn);
  ASSERT_EQ(turns.size(), 1U);
  EXPECT_EQ(turns[0].message, "oldest");
}

TEST_P(Conversations, AreReadWithNoMoreTurnsThanAnAnswerHas) {
  const ConversationId conversation = begin(ada_);
  for (int i = 0; i < turns_read_max; ++i) chat(ada_, conversation);
  EXPECT_EQ(read(ada_, conversation, std::nullopt, turns_read_max + 1).size(),
            static_cast<std::size_t>(turns_read_max));
}

TEST_P(Conversations, AreTheAccountsAloneButOfAllItsCredentials) {
  const ConversationId conversation = begin(ada_, "mine");
  chat(bob_);
  EXPECT_THAT(codes(bob_, conversation), testing::Each("not_found"));
  EXPECT_THAT(list(bob_, "mine"), IsEmpty());
  const Presented stranger{ada_.account, secret(99)};
  EXPECT_THAT(codes(stranger, conversation), testing::Each("unauthenticated"));
  EXPECT_EQ(code(store().list_conversations(stranger, {})), "unauthenticated");
  const Presented key = asking_.open_key(ada_, 10);
  EXPECT_EQ(chat(key, conversation).conversation, conversation);
  EXPECT_THAT(list(key), ElementsAre(conversation));
  EXPECT_THAT(codes(key, conversation), testing::Each("ok"));
}

TEST_P(Conversations, ALaterTurnIsNoConversation) {
  const ConversationId conversation = begin(ada_);
  const Settled later = chat(ada_, conversation);
  EXPECT_THAT(codes(ada_, ConversationId{later.turn.value}), testing::Each("not_found"));
}

// Titles

TEST_P(Conversations, SayHowTheyBeganUntilTheyGetATitle) {
  const ConversationId conversation = begin(ada_, "\n  How are you?  \nSecond line");
  const auto created = keeper_->clock.now();
  const Settled last = chat(ada_, conversation, "later");
  ConversationSummary summary = find(ada_, conversation);
  EXPECT_EQ(summary.conversation, conversation);
  EXPECT_EQ(summary.title, "How are you?");
  EXPECT_EQ(summary.created, created);
  EXPECT_EQ(summary.updated, created + std::chrono::seconds(1));
  EXPECT_EQ(summary.turns, 2);
  EXPECT_EQ(summary.last_turn, last.turn);
  rename(ada_, conversation, "Greetings");
  rename(ada_, conversation, " Salutations ");
  reopen();
  EXPECT_EQ(title(ada_, conversation), " Salutations ");
  EXPECT_EQ(page(ada_).conversations.at(0).title, " Salutations ");
  rename(ada_, conversation, "");
  EXPECT_EQ(title(ada_, conversation), "How are you?");
  EXPECT_TRUE(keeper_->verify().sound());
}

TEST_P(Conversations, ShowTheBeginningOfALongMessageInWholeCharacters) {
  std::string long_message = "1";
  for (int i = 0; i < 50; ++i) long_message += "\xC3\xA9";
  const std::string shown = title(ada_, begin(ada_, long_message));
  EXPECT_EQ(shown, long_message.substr(0, 79) + "\xE2\x80\xA6");
}

TEST_P(Conversations, TakeTheirTitleFromTheFirstMessageThatSaysSomething) {
  const ConversationId conversation = begin(ada_, "");
  EXPECT_EQ(title(ada_, conversation), "");
  chat(ada_, conversation, " \n");
  EXPECT_EQ(title(ada_, conversation), "");
  chat(ada_, conversation, "Third");
  chat(ada_, conversation, "Fourth");
  EXPECT_EQ(title(ada_, conversation), "Third");
}

TEST_P(Conversations, HaveTitlesUpToALength) {
  const ConversationId conversation = begin(ada_);
  rename(ada_, conversation, std::string(title_bytes_max, 'x'));
  EXPECT_EQ(code(store().rename_conversation(ada_, conversation, std::string(title_bytes_max + 1, 'y'))),
            "invalid_input");
  EXPECT_EQ(title(ada_, conversation), std::string(title_bytes_max, 'x'));
}

// Deleting

TEST_P(Conversations, OnceDeletedAreNoLongerThereAndTheLedgerIsAsItWas) {
  const ConversationId kept = begin(ada_, "kept");
  const ConversationId conversation = begin(ada_, "secret");
  chat(ada_, conversation, "another secret");
  rename(ada_, conversation, "a secret title");
  const auto before = ask(store().statement(ada_, std::nullopt, 100)).value();
  erase(ada_, conversation);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(codes(ada_, conversation), testing::Each("not_found"));
    EXPECT_THAT(list(ada_), ElementsAre(kept));
    EXPECT_THAT(list(ada_, "secret"), IsEmpty());
    const auto after = ask(store().statement(ada_, std::nullopt, 100)).value();
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].entry.digest, before[i].entry.digest);
    EXPECT_EQ(asking_.balance(ada_), balance_of(3997));
    const VerifyReport report = keeper_->verify();
    EXPECT_TRUE(report.sound());
    EXPECT_EQ(report.turns, 3);
    reopen();
  }
  EXPECT_EQ(title(ada_, kept), "kept");
}

TEST_P(Conversations, ATurnInFlightWhileItsOneIsDeletedBeginsItsOwn) {
  const ConversationId conversation = begin(ada_);
  Hold hold = asking_.hold(ada_, 1);
  erase(ada_, conversation);
  Settlement settlement{.charge = tokens(1), .message = "late", .response = "answer"};
  settlement.conversation = conversation;
  const Settled settled = ask(store().settle(std::move(hold), std::move(settlement))).value();
  EXPECT_EQ(settled.conversation.value, settled.turn.value);
  EXPECT_THAT(list(ada_), ElementsAre(settled.conversation));
  EXPECT_EQ(code(store().find_conversation(ada_, conversation)), "not_found");
}

TEST_P(Conversations, TheIdempotencyKeysOfADeletedOneAnswerGone) {
  const Settled first = chat_once(ada_, "first", std::nullopt);
  chat_once(ada_, "second", first.conversation);
  const Settled other = chat_once(ada_, "other", std::nullopt);
  erase(ada_, first.conversation);
  EXPECT_EQ(code(store().hold(with_key(ada_, "first"))), "gone");
  EXPECT_EQ(code(store().hold(with_key(ada_, "second"))), "gone");
  const auto replay = std::get<Replay>(ask(store().hold(with_key(ada_, "other"))).value());
  EXPECT_EQ(replay.turn, other.turn);
  EXPECT_EQ(replay.answer, "a secret");
}

TEST_P(Conversations, EndWithTheirAccount) {
  const ConversationId conversation = begin(ada_);
  chat(ada_, conversation);
  rename(ada_, conversation, "a secret title");
  const ConversationId of_bob = begin(bob_);
  rename(bob_, of_bob, "kept");
  ask(store().delete_account(ada_)).value();
  EXPECT_EQ(code(store().list_conversations(ada_, {})), "unauthenticated");
  EXPECT_THAT(codes(ada_, conversation), testing::Each("unauthenticated"));
  EXPECT_EQ(title(bob_, of_bob), "kept");
  EXPECT_TRUE(keeper_->verify().sound());
}

}  // namespace
}  // namespace parley::store
