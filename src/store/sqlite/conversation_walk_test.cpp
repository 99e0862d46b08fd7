// What one step of a list or search looks at, and what may happen between two.

#include "store/sqlite/conversation_walk.h"

#include <gmock/gmock.h>

#include "base/manual_clock.h"
#include "store/sqlite/account_operations.h"
#include "store/sqlite/conversation_operations.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/ledger_operations.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/temporary_folder.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

using base::ConversationId;
using testing::ElementsAre;
using testing::IsEmpty;

/// Ada's opening grant is her first entry.
class Walk : public testing::Test {
 protected:
  static std::unique_ptr<Session> open(const std::filesystem::path& folder, const base::Clock& clock) {
    make_file(folder / database_name).value();
    auto connection = Connection::open(folder / database_name, Access::read_write).value();
    connection->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF").value();
    migrate(*connection).value();
    return Session::open(std::move(connection), clock, 10).value();
  }
  static Presented open_account(Session& session) {
    const auto account =
        create_account(
            session,
            {.username = "ada", .username_key = "ada", .password_hash = "x", .opening_balance = tokens(100'000)})
            .value();
    replace_login_token(session, account, "x", secret(1)).value();
    session.commit();
    return {.account = account, .digest = secret(1)};
  }

  Settled chat(std::optional<ConversationId> conversation = std::nullopt, std::string message = "question") {
    OpenHold hold;
    take_hold(*session_, {.credential = ada_, .amount = tokens(1)}, hold).value();
    Settlement settlement{.charge = tokens(1), .message = std::move(message), .response = "answer"};
    settlement.conversation = conversation;
    const Settled settled = settle(*session_, hold, settlement).value();
    session_->commit();
    return settled;
  }
  void post(std::int64_t entries) {
    for (std::int64_t i = 0; i < entries; ++i) {
      sqlite::post(*session_, ada_.account, ledger::EntryKind::credit, tokens(1)).value();
    }
    session_->commit();
  }
  ConversationWalk step(ConversationWalk walk) {
    auto next = step_on(*session_, ada_, std::move(walk)).value();
    session_->commit();
    return next;
  }
  /// To the walk's end; says how many steps that took.
  int finish(ConversationWalk& walk) {
    int steps = 0;
    for (; !walk.ended; ++steps) walk = step(std::move(walk));
    return steps;
  }
  static std::vector<ConversationId> found(const ConversationWalk& walk) {
    std::vector<ConversationId> ids;
    for (const ConversationSummary& summary : walk.page.conversations) ids.push_back(summary.conversation);
    return ids;
  }

  TemporaryFolder folder_;
  base::ManualClock clock_;
  std::unique_ptr<Session> session_ = open(folder_.path(), clock_);
  Presented ada_ = open_account(*session_);
};

TEST_F(Walk, TakesOneStepWhereThereIsLittle) {
  const ConversationId one = chat().conversation;
  const ConversationId two = chat().conversation;
  ConversationWalk walk({});
  EXPECT_EQ(finish(walk), 1);
  EXPECT_THAT(found(walk), ElementsAre(two, one));
  EXPECT_FALSE(walk.page.next);
}

TEST_F(Walk, LooksAtSomeEntriesInAStep) {
  const ConversationId one = chat().conversation;
  post(2 * entries_per_step_max);
  ConversationWalk walk = step(ConversationWalk({}));
  EXPECT_FALSE(walk.ended);
  EXPECT_EQ(finish(walk), 2);
  EXPECT_THAT(found(walk), ElementsAre(one));
  EXPECT_FALSE(walk.page.next);
}

TEST_F(Walk, LooksAtSomeEntriesInAllAndSaysWhereToGoOn) {
  const ConversationId one = chat().conversation;
  post(entries_walked_max);
  ConversationWalk walk({});
  finish(walk);
  EXPECT_THAT(found(walk), IsEmpty());
  ASSERT_TRUE(walk.page.next);
  ConversationWalk next({.before = walk.page.next});
  finish(next);
  EXPECT_THAT(found(next), ElementsAre(one));
  EXPECT_FALSE(next.page.next);
}

TEST_F(Walk, CountsSomeTurnsInAStep) {
  const ConversationId one = chat().conversation;
  const ConversationId two = chat().conversation;
  for (std::int64_t i = 1; i < turns_counted_per_step_max; ++i) {
    chat(one);
    chat(two);
  }
  ConversationWalk walk = step(ConversationWalk({}));
  EXPECT_THAT(found(walk), ElementsAre(two));
  walk = step(std::move(walk));
  EXPECT_THAT(found(walk), ElementsAre(two, one));
}

TEST_F(Walk, SearchesSomeTextInAStep) {
  const std::string share(text_per_step_max, 'x');
  const ConversationId one = chat(std::nullopt, "needle").conversation;
  for (int i = 0; i < 5; ++i) chat(one, share);
  ConversationWalk walk({.text = "NEEDLE"});
  EXPECT_EQ(finish(walk), 6);
  EXPECT_THAT(found(walk), ElementsAre(one));
}

TEST_F(Walk, SearchesSomeTurnsInAStep) {
  const ConversationId one = chat(std::nullopt, "needle").conversation;
  for (int i = 0; i < 2 * turns_read_max; ++i) chat(one, "");
  ConversationWalk walk({.text = "needle"});
  EXPECT_GE(finish(walk), 3);
  EXPECT_THAT(found(walk), ElementsAre(one));
}

TEST_F(Walk, SearchesSomeTextInAllAndSaysWhereToGoOn) {
  const std::string much(text_searched_max / 2, 'x');
  const ConversationId oldest = chat(std::nullopt, "needle").conversation;
  for (int i = 0; i < 2; ++i) chat(std::nullopt, much);
  ConversationWalk walk({.text = "needle"});
  finish(walk);
  EXPECT_THAT(found(walk), IsEmpty());
  ASSERT_TRUE(walk.page.next);
  ConversationWalk next({.before = walk.page.next, .text = "needle"});
  finish(next);
  EXPECT_THAT(found(next), ElementsAre(oldest));
}

TEST_F(Walk, SearchesAConversationToItsEndHoweverLong) {
  const std::string much(text_searched_max / 4, 'x');
  const ConversationId one = chat(std::nullopt, "needle").conversation;
  for (int i = 0; i < 5; ++i) chat(one, much);
  ConversationWalk walk({.text = "needle"});
  finish(walk);
  EXPECT_THAT(found(walk), ElementsAre(one));
}

/// In the middle of searching a conversation.
class WalkInBetween : public Walk {
 protected:
  WalkInBetween() {
    for (int i = 0; i < 2; ++i) chat(conversation_, std::string(text_per_step_max, 'x'));
    walk_ = step(std::move(walk_));
    EXPECT_TRUE(walk_.searched);
  }

  ConversationId conversation_ = chat(std::nullopt, "needle").conversation;
  ConversationWalk walk_{{.text = "needle"}};
};

TEST_F(WalkInBetween, GoesOnAsIfNothingHappened) {
  finish(walk_);
  EXPECT_THAT(found(walk_), ElementsAre(conversation_));
}

TEST_F(WalkInBetween, LeavesOutWhatHasANewPlaceSince) {
  chat(conversation_);
  finish(walk_);
  EXPECT_THAT(found(walk_), IsEmpty());
}

TEST_F(WalkInBetween, LeavesOutWhatWasDeletedSince) {
  delete_conversation(*session_, ada_, conversation_).value();
  finish(walk_);
  EXPECT_THAT(found(walk_), IsEmpty());
}

TEST_F(WalkInBetween, EndsWithItsCredential) {
  end_login_token(*session_, ada_).value();
  EXPECT_EQ(code_of(step_on(*session_, ada_, walk_)), "unauthenticated");
}

}  // namespace
}  // namespace parley::store::sqlite
