// The invariants of conversations, each broken on purpose in a real database, and found.

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

/// Ada has a grant (entry 1) and a conversation of three turns (2, 3 and 4), the last with usage, with a title; and one
/// of a single turn (5). Bob has a grant (6) and a conversation of two turns (7 and 8).
class VerifyConversations : public testing::Test {
 protected:
  VerifyConversations() {
    base::ManualClock clock;
    auto keeper = Keeper::open({.folder = folder_.path(), .clock = clock}).value();
    Asking asking(*keeper);
    const auto chat = [&](const Presented& credential, std::optional<base::ConversationId> conversation,
                          std::optional<TurnUsage> usage = std::nullopt) {
      Settlement settlement{.charge = tokens(1), .message = "question", .response = "answer"};
      settlement.conversation = conversation;
      settlement.usage = usage;
      return asking.ask(keeper->settle(asking.hold(credential, 1), std::move(settlement))).value().conversation;
    };
    const Presented ada = asking.open_account("ada");
    const auto conversation = chat(ada, std::nullopt);
    chat(ada, conversation);
    chat(ada, conversation, TurnUsage{0, 7});
    asking.ask(keeper->rename_conversation(ada, conversation, "title")).value();
    chat(ada, std::nullopt);
    const Presented bob = asking.open_account("bob");
    chat(bob, chat(bob, std::nullopt));
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

TEST_F(VerifyConversations, FindsASoundDatabaseSound) {
  EXPECT_THAT(broken(), UnorderedElementsAre());
}

TEST_F(VerifyConversations, FindsATurnOfAConversationThatDoesNotExist) {
  run("UPDATE turns SET conversation = 77 WHERE id = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(turn_has_conversation));
}

TEST_F(VerifyConversations, FindsATurnOfAnotherAccountsConversation) {
  run("UPDATE turns SET conversation = 2 WHERE id = 8");
  EXPECT_THAT(broken(), UnorderedElementsAre(turn_has_conversation));
}

TEST_F(VerifyConversations, FindsATurnWhoseConversationGoesOnWithAnother) {
  run("UPDATE turns SET conversation = 3 WHERE id = 4");
  EXPECT_THAT(broken(), UnorderedElementsAre(turn_has_conversation));
}

TEST_F(VerifyConversations, FindsATurnWhoseConversationBeganLater) {
  run("UPDATE turns SET conversation = 5 WHERE id = 4");
  EXPECT_THAT(broken(), UnorderedElementsAre(turn_has_conversation));
}

TEST_F(VerifyConversations, FindsATurnThatGoesOnWithItself) {
  run("UPDATE turns SET conversation = 5 WHERE id = 5");
  EXPECT_THAT(broken(), UnorderedElementsAre(turn_has_conversation));
}

TEST_F(VerifyConversations, FindsTextsThatOutlivedTheirConversation) {
  run("UPDATE turns SET deleted_ms = 1, message = '', response = '' WHERE id = 7");
  EXPECT_THAT(broken(), UnorderedElementsAre(conversation_deleted_whole));
}

TEST_F(VerifyConversations, FindsAConversationThatLacksTheTextsOfATurn) {
  run("UPDATE turns SET deleted_ms = 1, message = '', response = '' WHERE id = 8");
  EXPECT_THAT(broken(), UnorderedElementsAre(conversation_deleted_whole));
}

TEST_F(VerifyConversations, FindsHalfAUsage) {
  run("UPDATE turns SET input_model_tokens = NULL WHERE id = 4");
  EXPECT_THAT(broken(), UnorderedElementsAre(usage_is_counted));
  run("UPDATE turns SET input_model_tokens = 1, output_model_tokens = NULL WHERE id = 4");
  EXPECT_THAT(broken(), UnorderedElementsAre(usage_is_counted));
}

TEST_F(VerifyConversations, FindsUsageBelowNothing) {
  run("UPDATE turns SET input_model_tokens = -1 WHERE id = 4");
  EXPECT_THAT(broken(), UnorderedElementsAre(usage_is_counted));
  run("UPDATE turns SET input_model_tokens = 1, output_model_tokens = -1 WHERE id = 4");
  EXPECT_THAT(broken(), UnorderedElementsAre(usage_is_counted));
}

TEST_F(VerifyConversations, FindsATitleOfNoTurn) {
  run("UPDATE conversation_titles SET conversation = 1");
  EXPECT_THAT(broken(), UnorderedElementsAre(title_has_conversation));
}

TEST_F(VerifyConversations, FindsATitleOfALaterTurn) {
  run("UPDATE conversation_titles SET conversation = 3");
  EXPECT_THAT(broken(), UnorderedElementsAre(title_has_conversation));
}

TEST_F(VerifyConversations, FindsATitleOfAnotherAccountsConversation) {
  run("UPDATE conversation_titles SET account = " + bob_);
  EXPECT_THAT(broken(), UnorderedElementsAre(title_has_conversation));
}

TEST_F(VerifyConversations, FindsATitleThatOutlivedItsTexts) {
  run("UPDATE turns SET deleted_ms = 1, message = '', response = '' WHERE id IN (2, 3, 4)");
  EXPECT_THAT(broken(), UnorderedElementsAre(title_has_conversation));
}

}  // namespace
}  // namespace parley::store::sqlite
