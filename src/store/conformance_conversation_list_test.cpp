// What every keeper must do where conversations are listed and searched.

#include <gmock/gmock.h>

#include "store/conversations_fixture.h"

namespace parley::store {
namespace {

using base::ConversationId;
using testing::ElementsAre;
using testing::IsEmpty;

class ConversationList : public WithConversations {};

INSTANTIATE_TEST_SUITE_P(Keepers, ConversationList, every_keeper(), keeper_name);

// The list

TEST_P(ConversationList, IsByLastTurnsNewestFirst) {
  EXPECT_THAT(list(ada_), IsEmpty());
  const ConversationId one = begin(ada_);
  const ConversationId two = begin(ada_);
  begin(bob_);
  const ConversationId three = begin(ada_);
  EXPECT_THAT(list(ada_), ElementsAre(three, two, one));
  chat(ada_, one);
  chat(ada_, two);
  chat(ada_, one);
  ask(store().post(ada_.account, ledger::EntryKind::credit, tokens(5))).value();
  EXPECT_THAT(list(ada_), ElementsAre(one, two, three));
  for (const std::int32_t count : {1, 2, 3, 4}) EXPECT_THAT(list(ada_, "", count), ElementsAre(one, two, three));
  const ConversationPage whole = page(ada_, {.count_max = 3});
  EXPECT_FALSE(whole.next);
  EXPECT_EQ(whole.conversations[0].turns, 3);
  EXPECT_EQ(whole.conversations[2].turns, 1);
}

TEST_P(ConversationList, BeginsBelowAnyTurn) {
  const ConversationId one = begin(ada_);
  begin(bob_);
  const ConversationId two = begin(ada_);
  const Settled of_bob = chat(bob_);
  const ConversationId three = begin(ada_);
  const auto from = [&](std::int64_t before) {
    std::vector<ConversationId> some;
    for (const auto& summary : page(ada_, {.before = base::TurnId{before}}).conversations) {
      some.push_back(summary.conversation);
    }
    return some;
  };
  EXPECT_THAT(from(std::numeric_limits<std::int64_t>::max()), ElementsAre(three, two, one));
  EXPECT_THAT(from(three.value + 1), ElementsAre(three, two, one));
  EXPECT_THAT(from(three.value), ElementsAre(two, one));
  EXPECT_THAT(from(of_bob.turn.value), ElementsAre(two, one));
  EXPECT_THAT(from(two.value), ElementsAre(one));
  EXPECT_THAT(from(one.value), IsEmpty());
  EXPECT_THAT(from(0), IsEmpty());
  EXPECT_THAT(from(std::numeric_limits<std::int64_t>::min()), IsEmpty());
}

TEST_P(ConversationList, HasNoMoreThanAnAnswerHas) {
  for (int i = 0; i < conversations_listed_max + 1; ++i) begin(ada_);
  const ConversationPage first = page(ada_, {.count_max = 1'000'000});
  EXPECT_EQ(first.conversations.size(), static_cast<std::size_t>(conversations_listed_max));
  EXPECT_TRUE(first.next);
  EXPECT_EQ(page(ada_, {.count_max = -5}).conversations.size(), 1U);
}

TEST_P(ConversationList, ShowsNoneTwiceToWhoPagesWhileTheyGoOn) {
  const ConversationId one = begin(ada_);
  const ConversationId two = begin(ada_);
  const ConversationId three = begin(ada_);
  const ConversationPage first = page(ada_, {.count_max = 1});
  EXPECT_EQ(first.conversations.at(0).conversation, three);
  chat(ada_, two);
  const ConversationPage second = page(ada_, {.before = first.next, .count_max = 50});
  ASSERT_EQ(second.conversations.size(), 1U);
  EXPECT_EQ(second.conversations[0].conversation, one);
}

// Searching

TEST_P(ConversationList, FindsByTitleMessageOrResponseOfAnyTurn) {
  const ConversationId by_message = begin(ada_, "the needle is here");
  const ConversationId by_response = chat(ada_, std::nullopt, "question", "here: needle").conversation;
  const ConversationId by_title = begin(ada_);
  rename(ada_, by_title, "A needle");
  const ConversationId not_found = begin(ada_, "need less");
  const ConversationId by_later = begin(ada_);
  chat(ada_, by_later, "needle");
  chat(ada_, by_message);
  chat(ada_, not_found);
  for (const std::int32_t count : {1, 50}) {
    EXPECT_THAT(list(ada_, "needle", count), ElementsAre(by_message, by_later, by_title, by_response));
  }
  EXPECT_THAT(list(bob_, "needle"), IsEmpty());
}

TEST_P(ConversationList, FindsInAnyCase) {
  const ConversationId conversation = begin(ada_, "Die STRASSE nach \xC3\x89vian");
  for (const char* text : {"strasse",
                           "Stra\xC3\x9F"
                           "e NACH",
                           "E\xCC\x81VIAN", "n", "die strasse nach \xC3\xA9vian"}) {
    EXPECT_THAT(list(ada_, text), ElementsAre(conversation)) << text;
  }
  EXPECT_THAT(list(ada_, "evian"), IsEmpty());
  EXPECT_THAT(list(ada_, "%"), IsEmpty());
  EXPECT_THAT(list(ada_, "\xFF"), IsEmpty());
}

TEST_P(ConversationList, FindsPageByPageAmongMoreThanOneAnswerLooksAt) {
  // Three conversations with 1 MiB each that does not match, in turns, with two that do below and in between.
  const std::string filler(std::size_t{1} << 18, 'x');
  const ConversationId oldest = begin(ada_, "needle");
  std::vector<ConversationId> hay;
  for (int i = 0; i < 3; ++i) hay.push_back(begin(ada_));
  const ConversationId between = begin(ada_, "needle");
  for (int turn = 0; turn < 4; ++turn) {
    for (const ConversationId conversation : hay) chat(ada_, conversation, "more", filler);
  }
  chat(ada_, between);
  EXPECT_THAT(list(ada_, "needle"), ElementsAre(between, oldest));
  const ConversationPage first = page(ada_, {.text = "needle"});
  EXPECT_EQ(first.conversations.size(), 1U);
  EXPECT_TRUE(first.next);
  EXPECT_THAT(list(ada_, "QUESTION"), ElementsAre(between, hay[2], hay[1], hay[0]));
}

}  // namespace
}  // namespace parley::store
