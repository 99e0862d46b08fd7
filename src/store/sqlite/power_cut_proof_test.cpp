// The power goes at each write, sync, truncation and removal: nothing that was acknowledged is lost.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/detached.hpp>

#include "store/sqlite/scripted_run.h"

namespace parley::store::sqlite {
namespace {

/// The power goes at the n-th change of the disk, and comes back. False where the script ends before that.
bool cut_and_restore(ScriptedRun& run, std::int64_t n, Loss loss, std::uint32_t seed) {
  run.disk.cut_power_at(n);
  const bool finished = run.open() && run.go_on();
  if (!run.disk.has_failed()) {
    EXPECT_TRUE(finished) << run.at();
    return false;
  }
  // The last change may be one that nobody waits for: a checkpoint's.
  run.close();
  run.disk.restore_power(loss, seed);
  EXPECT_TRUE(run.open()) << "the database can't be opened after change " << n;
  return true;
}

void expect_nothing_lost(Loss loss, std::uint32_t seed) {
  std::int64_t n = 1;
  for (;; ++n) {
    ScriptedRun run;
    if (!cut_and_restore(run, n, loss, seed)) break;
    ASSERT_TRUE(run.is_open());
    ASSERT_TRUE(run.holds_what_was_acknowledged()) << "the power went at change " << n << ", seed " << seed;
    ASSERT_TRUE(run.is_sound()) << "the power went at change " << n << ", seed " << seed;
  }
  EXPECT_GT(n, 150) << "the script changes the disk too seldom to show anything";
}

TEST(PowerCut, LosesNothingAcknowledgedWhereAllThatWasNotSyncedIsGone) {
  expect_nothing_lost(Loss::all, 0);
}

TEST(PowerCut, LosesNothingAcknowledgedWherePagesAreTorn) {
  const std::uint32_t seeds = proof::runs_long() ? 50 : 2;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) expect_nothing_lost(Loss::torn, seed);
}

TEST(PowerCut, LosesNothingAcknowledgedWhereEveryWriteArrived) {
  expect_nothing_lost(Loss::nothing, 0);
}

TEST(PowerCut, IsNoticedToTakeCommitsBackThatWereNotSynced) {
  int lost = 0;
  for (std::int64_t n = 1;; ++n) {
    ScriptedRun run(Durability::process_crash);
    if (!cut_and_restore(run, n, Loss::all, 0)) break;
    ASSERT_TRUE(run.is_open());
    lost += run.holds_what_was_acknowledged() ? 0 : 1;
  }
  EXPECT_GT(lost, 10) << "synchronous=NORMAL must fail, or the tests above show nothing";
}

async::Task<> chat(Store& store, Hold hold, std::string message, std::vector<std::string>& answered, int& under_way) {
  Settlement settlement{.charge = tokens(100), .message = message, .response = "answer"};
  const auto settled = co_await store.settle(std::move(hold), std::move(settlement));
  if (settled.has_value()) answered.push_back(message);
  --under_way;
}

/// Many settle at once, so that commits are shared.
TEST(PowerCut, LosesNoneOfManyChatsThatShareTheirCommits) {
  constexpr int chats = 16;
  bool cut = true;
  for (std::int64_t n = 1; cut; ++n) {
    TemporaryFolder folder;
    base::ManualClock clock;
    SimulatedDisk disk;
    std::vector<std::string> answered;
    Presented ada;
    const auto open = [&] {
      KeeperOptions options{.folder = folder.path(), .clock = clock};
      options.vfs = disk.name();
      return Keeper::open(std::move(options)).value();
    };
    {
      const auto keeper = open();
      Asking asking(*keeper);
      ada = asking.open_account("ada", 100'000);
      std::vector<Hold> holds;
      for (int i = 0; i < chats; ++i) holds.push_back(asking.hold(ada, 100));
      disk.cut_power_at(n);
      int under_way = chats;
      for (int i = 0; i < chats; ++i) {
        boost::asio::co_spawn(
            asking.loop(),
            chat(*keeper, std::move(holds[static_cast<std::size_t>(i)]), std::to_string(i), answered, under_way),
            boost::asio::detached);
      }
      asking.await([&] { return under_way == 0; });
    }
    cut = disk.has_failed();
    disk.restore_power(Loss::all);
    const auto keeper = open();
    Asking asking(*keeper);
    std::vector<std::string> saved;
    for (const auto& summary :
         asking.ask(keeper->list_conversations(ada, {.text = "", .count_max = 100})).value().conversations) {
      saved.push_back(summary.title);
    }
    for (const std::string& message : answered) {
      ASSERT_EQ(std::ranges::count(saved, message), 1) << message << ", the power went at change " << n;
    }
    ASSERT_EQ(asking.balance(ada), balance_of(100'000 - 100 * std::ssize(saved)));
    ASSERT_TRUE(verify(folder.path(), disk.name()).value().sound());
  }
}

}  // namespace
}  // namespace parley::store::sqlite
