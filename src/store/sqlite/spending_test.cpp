// What the SQLite keeper does where there is more to count than one round counts.

#include "store/sqlite/spending.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "store/sqlite/raw_database.h"
#include "store/sqlite/temporary_folder.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

constexpr std::int64_t many = 2 * entries_counted_at_once_max + 7;

/// Ada spent 2 yesterday, and then today `many` times 1.
class ManyCharges : public testing::Test {
 protected:
  ManyCharges() {
    clock_.advance(std::chrono::days(1));
    {
      open();
      asking_->settle(asking_->hold(ada_ = asking_->open_account("ada", 100'000), 2), 2).value();
      close();
    }
    clock_.advance(std::chrono::days(1));
    RawDatabase(folder_.path())
        .run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(many) +
             ") INSERT INTO entries (id, account, sequence, kind, amount, balance_after, time_ms, digest) "
             "SELECT 2 + i, " +
             std::to_string(ada_.account.value) + ", 2 + i, 2, -1, 99998 - i, " +
             std::to_string(clock_.now().time_since_epoch().count()) + ", zeroblob(32) FROM n");
    open();
  }
  ~ManyCharges() override { close(); }

  void open() {
    keeper_ = Keeper::open({.folder = folder_.path(), .clock = clock_}).value();
    asking_.emplace(*keeper_);
  }
  void close() {
    asking_.reset();
    keeper_.reset();
  }
  HoldDecision decide(std::int64_t amount) {
    return asking_->ask(keeper_->hold({.credential = ada_, .amount = tokens(amount)})).value();
  }

  TemporaryFolder folder_;
  base::ManualClock clock_;
  Presented ada_;
  std::unique_ptr<Keeper> keeper_;
  std::optional<Asking> asking_;
};

TEST_F(ManyCharges, AreAllCountedForADailyLimit) {
  asking_->ask(keeper_->set_daily_limit(ada_, tokens(many + 10))).value();
  EXPECT_EQ(std::get<Shortfall>(decide(11)).allowance.value().left, balance_of(10));
  EXPECT_TRUE(std::holds_alternative<Held>(decide(10)));
}

TEST_F(ManyCharges, AreAllCountedForWhoWatchesThoughMoreAreMadeMeanwhile) {
  Hold hold = asking_->hold(ada_, 5);
  std::optional<Figures> heard;
  boost::asio::io_context other{1};
  auto counting = [](Keeper& keeper, Presented ada, async::Executor home, std::optional<Figures>& figures,
                     std::unique_ptr<Watch>& watch) -> async::Task<> {
    auto result = co_await keeper.watch(ada, home, [&figures](std::optional<Figures> told) { figures = told; });
    watch = std::move(result).value();
  };
  std::unique_ptr<Watch> watch;
  std::optional<base::Result<Settled>> settled;
  boost::asio::co_spawn(asking_->loop(), counting(*keeper_, ada_, asking_->loop(), heard, watch),
                        [](const std::exception_ptr& failure) { ASSERT_EQ(failure, nullptr); });
  settled = asking_->settle(std::move(hold), 5);
  ASSERT_TRUE(settled->has_value());
  asking_->await([&] { return heard && heard->balance.held == tokens(0); });
  EXPECT_EQ(
      *heard,
      (Figures{.balance = balance_of(100'000 - 7 - many), .spent = tokens(7 + many), .spent_today = tokens(5 + many)}));
}

TEST_F(ManyCharges, AreCountedInSteps) {
  const auto connection = Connection::open(folder_.path() / database_name, Access::read_only, nullptr).value();
  Records records = Records::prepare(*connection).value();
  const Day today = day_of(clock_.now());
  Spending spending(today, many + 2);
  EXPECT_FALSE(spending.count_day(records, ada_.account, today, many + 2).value());
  EXPECT_EQ(spending.of_day(), tokens(entries_counted_at_once_max));
  EXPECT_FALSE(spending.add(tokens(3), today + std::chrono::days(1), std::nullopt));
  EXPECT_TRUE(spending.add(tokens(3), today, std::nullopt));
  EXPECT_FALSE(spending.count_day(records, ada_.account, today, many + 2).value());
  EXPECT_TRUE(spending.count_day(records, ada_.account, today, many + 2).value());
  EXPECT_EQ(spending.of_day(), tokens(many + 3));
  int steps = 1;
  while (!spending.count_all(records, ada_.account).value()) ++steps;
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(spending.in_all(), tokens(many + 2 + 6));
}

}  // namespace
}  // namespace parley::store::sqlite
