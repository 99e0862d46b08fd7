// What every keeper must do for those who watch an account.

#include <gmock/gmock.h>

#include <boost/asio/detached.hpp>
#include <latch>

#include "async/loop.h"
#include "store/conformance_fixture.h"

namespace parley::store {
namespace {

using ledger::EntryKind;
using std::chrono::days;
using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Heard = std::vector<std::optional<Figures>>;

/// What is heard is heard while the test asks for something else: news of a round comes no later than its answers.
class Watching : public OnEveryKeeper {
 protected:
  TellFigures into(Heard& heard) {
    return [&heard](std::optional<Figures> figures) { heard.push_back(figures); };
  }
  std::unique_ptr<Watch> watch(const Presented& credential, Heard& heard) {
    return ask(store().watch(credential, asking_.loop(), into(heard))).value();
  }
  std::unique_ptr<Watch> watch(const Presented& credential) { return watch(credential, heard_); }
  std::unique_ptr<Watch> watch_on(boost::asio::io_context& home, const Presented& credential) {
    return ask(store().watch(credential, home.get_executor(), into(heard_))).value();
  }
  Heard heard() {
    asking_.balance(bystander());
    return std::exchange(heard_, {});
  }
  void spend(const Presented& credential, std::int64_t charge) {
    asking_.settle(asking_.hold(credential, charge), charge).value();
  }
  void credit(const Presented& credential, std::int64_t amount) {
    ask(store().post(credential.account, EntryKind::credit, tokens(amount))).value();
  }
  static std::optional<Figures> figures(Balance balance, std::int64_t spent, std::int64_t spent_today) {
    return Figures{.balance = balance, .spent = tokens(spent), .spent_today = tokens(spent_today)};
  }
  static std::optional<Figures> figures(Balance balance) { return figures(balance, 0, 0); }

  Heard heard_;

 private:
  const Presented& bystander() {
    if (!bystander_) bystander_ = asking_.open_account("bystander");
    return *bystander_;
  }
  std::optional<Presented> bystander_;
};

INSTANTIATE_TEST_SUITE_P(Keepers, Watching, every_keeper(), keeper_name);

constexpr std::nullopt_t the_end = std::nullopt;

// What is told

TEST_P(Watching, BeginsWithTheFiguresAsTheyAre) {
  const Presented ada = asking_.open_account("ada", 4000);
  spend(ada, 100);
  keeper_->clock.advance(days(1));
  spend(ada, 30);
  ask(store().post(ada.account, EntryKind::adjustment, tokens(-70))).value();
  const Hold open = asking_.hold(ada, 5);
  const auto watch = this->watch(ada);
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(3800, 5), 130, 30)));
}

TEST_P(Watching, TellsOfEachHoldSettlementReleaseAndPosting) {
  const Presented ada = asking_.open_account("ada", 4000);
  const auto watch = this->watch(ada);
  heard();
  Hold first = asking_.hold(ada, 100);
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(4000, 100))));
  asking_.settle(std::move(first), 70).value();
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(3930), 70, 70)));
  Hold second = asking_.hold(ada, 100);
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(3930, 100), 70, 70)));
  second = Hold();
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(3930), 70, 70)));
  credit(ada, 10);
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(3940), 70, 70)));
}

TEST_P(Watching, TellsWhatProgramsSpendAndAProgramWhatTheAccountDoes) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10);
  Heard of_the_key;
  const auto watch = this->watch(ada);
  const auto watch_of_the_key = this->watch(key, of_the_key);
  heard();
  of_the_key.clear();
  spend(key, 30);
  spend(ada, 10);
  EXPECT_THAT(heard(), testing::Contains(figures(balance_of(3970), 30, 30)));
  EXPECT_EQ(of_the_key.back(), figures(balance_of(3960), 40, 40));
}

TEST_P(Watching, TellsNothingWhereNoFigureChanged) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented bob = asking_.open_account("bob", 4000);
  const Presented key = asking_.open_key(ada, 10);
  const auto watch = this->watch(ada);
  heard();
  keeper_->clock.advance(hours(2));
  asking_.balance(ada);
  asking_.balance(key);
  ask(store().set_daily_limit(ada, tokens(1))).value();
  EXPECT_EQ(code(store().hold({.credential = ada, .amount = tokens(2)})), "ok");
  EXPECT_TRUE(asking_.settle(asking_.hold(bob, 10), 11).has_error());
  credit(bob, 5);
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_P(Watching, TellsOfAnAccountThoughManyOthersAreUsed) {
  const Presented ada = asking_.open_account("ada", 4000);
  const auto watch = this->watch(ada);
  for (const char* name : {"bob", "cleo", "dora", "emil"}) asking_.open_account(name);
  heard();
  credit(ada, 10);
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(4010))));
}

TEST_P(Watching, ADayThatEndsIsNews) {
  const Presented ada = asking_.open_account("ada", 4000);
  spend(ada, 30);
  const auto watch = this->watch(ada);
  heard();
  keeper_->clock.advance(days(1));
  asking_.await([&] { return !heard_.empty(); });
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(3970), 30, 0)));
  spend(ada, 7);
  EXPECT_EQ(heard().back(), figures(balance_of(3963), 37, 7));
}

TEST_P(Watching, SumsAreExactAfterWatchingEndedAndBeganAgain) {
  const Presented ada = asking_.open_account("ada", 4000);
  {
    const auto watch = this->watch(ada);
    spend(ada, 30);
  }
  spend(ada, 20);
  keeper_->clock.advance(days(1));
  spend(ada, 3);
  heard();
  const auto watch = this->watch(ada);
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(3947), 53, 3)));
}

TEST_P(Watching, SumsAreExactAfterReopening) {
  const Presented ada = asking_.open_account("ada", 4000);
  spend(ada, 30);
  keeper_->clock.advance(days(1));
  spend(ada, 3);
  reopen();
  const auto watch = this->watch(ada);
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(3967), 33, 3)));
}

TEST_P(Watching, WhoHearsSlowlyHearsTheNewestOnly) {
  const Presented ada = asking_.open_account("ada", 4000);
  boost::asio::io_context home{1};
  const auto watch = watch_on(home, ada);
  for (int i = 0; i < 10; ++i) credit(ada, 1);
  heard();
  EXPECT_EQ(home.poll(), 1U) << "one post at most is on its way";
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(4010))));
  credit(ada, 1);
  heard();
  home.restart();
  home.poll();
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(4011))));
}

// How it ends

TEST_P(Watching, TellsNothingOnceTheWatchIsDestroyedThoughNewsIsOnItsWay) {
  const Presented ada = asking_.open_account("ada", 4000);
  boost::asio::io_context home{1};
  auto watch = watch_on(home, ada);
  heard();
  watch.reset();
  credit(ada, 1);
  heard();
  home.poll();
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_P(Watching, WhoIsToldMayEndTheWatching) {
  const Presented ada = asking_.open_account("ada", 4000);
  std::unique_ptr<Watch> watch;
  const auto whole = std::make_shared<int>(7);
  int told = 0;
  watch = ask(store().watch(ada, asking_.loop(), [&watch, &told, whole](std::optional<Figures> figures) {
            if (figures->balance.posted == tokens(4000)) return;
            watch.reset();
            told += *whole;
          })).value();
  heard();
  credit(ada, 1);
  heard();
  credit(ada, 1);
  heard();
  EXPECT_EQ(told, 7);
  EXPECT_EQ(whole.use_count(), 1) << "what tells goes with the watch";
}

TEST_P(Watching, WhoEndsTheWatchingWhenToldHearsNothingOfWhatIsOnItsWay) {
  const Presented ada = asking_.open_account("ada", 4000);
  boost::asio::io_context home{1};
  std::unique_ptr<Watch> watch;
  int told = 0;
  watch = ask(store().watch(ada, home.get_executor(), [&](const std::optional<Figures>&) {
            ++told;
            credit(ada, 1);
            heard();
            watch.reset();
          })).value();
  heard();
  EXPECT_EQ(home.poll_one(), 1U);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(home.poll(), 1U);
  EXPECT_EQ(told, 1);
}

TEST_P(Watching, EndsWithItsLoginAndSaysSo) {
  const Presented ada = asking_.open_account("ada", 4000);
  const auto in = [&](std::uint64_t number) {
    ask(store().replace_login_token(ada.account, "hash of ada", secret(number))).value();
    return Presented{ada.account, secret(number)};
  };
  const std::vector<std::function<void(const Presented&)>> ends{
      [&](const Presented&) { in(2); },
      [&](const Presented& login) { ask(store().end_login_token(login)).value(); },
      [&](const Presented&) { ask(store().change_password(ada.account, std::nullopt, "hash of ada")).value(); },
      [&](const Presented&) {
        ask(store().set_disabled(ada.account, true)).value();
        ask(store().set_disabled(ada.account, false)).value();
      },
      [&](const Presented& login) { ask(store().delete_account(login)).value(); },
  };
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const Presented login = in(100 + i);
    const auto watch = this->watch(login);
    heard();
    ends[i](login);
    EXPECT_THAT(heard(), ElementsAre(the_end)) << i;
    credit(ada, 1);
    EXPECT_THAT(heard(), IsEmpty()) << i;
  }
}

TEST_P(Watching, EndsWithItsKeyAndSaysSo) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented ended = asking_.open_key(ada, 10);
  const auto watch = this->watch(ended);
  heard();
  ask(store().end_key(ada, asking_.keys(ada)[0].id)).value();
  EXPECT_THAT(heard(), ElementsAre(the_end));
  credit(ada, 1);
  EXPECT_THAT(heard(), IsEmpty());

  const Presented disabled = asking_.open_key(ada, 11);
  const auto second = this->watch(disabled);
  heard();
  ask(store().set_disabled(ada.account, true)).value();
  EXPECT_THAT(heard(), ElementsAre(the_end));
}

TEST_P(Watching, EndsWhenItsKeyExpiresThoughNothingHappens) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10, std::nullopt, keeper_->clock.now() + hours(1));
  const auto watch = this->watch(key);
  heard();
  keeper_->clock.advance(hours(1));
  asking_.await([&] { return !heard_.empty(); });
  EXPECT_THAT(heard(), ElementsAre(the_end));
  credit(ada, 1);
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_P(Watching, OutlivesTheEndOfOtherCredentials) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10);
  asking_.open_key(ada, 11);
  const auto first = this->watch(key);
  heard();
  ask(store().end_key(ada, asking_.keys(ada)[1].id)).value();
  ask(store().end_login_token(ada)).value();
  EXPECT_THAT(heard(), IsEmpty());
  credit(ada, 1);
  EXPECT_THAT(heard(), ElementsAre(figures(balance_of(4001))));
}

TEST_P(Watching, TheEndIsHeardInPlaceOfWhatWasNotHeardYet) {
  const Presented ada = asking_.open_account("ada", 4000);
  boost::asio::io_context home{1};
  const auto watch = watch_on(home, ada);
  credit(ada, 1);
  ask(store().end_login_token(ada)).value();
  heard();
  home.poll();
  EXPECT_THAT(heard(), ElementsAre(the_end));
}

// Who may watch

TEST_P(Watching, IsForWhoPresentsAGoodCredential) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented key = asking_.open_key(ada, 10, std::nullopt, keeper_->clock.now());
  for (const Presented& stranger : {Presented{ada.account, secret(2)}, Presented{{1}, secret(1)}, key}) {
    EXPECT_EQ(code(store().watch(stranger, asking_.loop(), into(heard_))), "unauthenticated");
  }
  credit(ada, 1);
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_P(Watching, AnAccountHasALimitedNumberOfWatches) {
  const Presented ada = asking_.open_account("ada", 4000);
  const Presented bob = asking_.open_account("bob", 4000);
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < watches_per_account_max; ++i) watches.push_back(watch(ada));
  const auto refused = ask(store().watch(ada, asking_.loop(), into(heard_)));
  EXPECT_EQ(code_of(refused), "too_many_requests");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(code(store().watch(bob, asking_.loop(), into(heard_))), "ok");
  watches.pop_back();
  EXPECT_EQ(code(store().watch(ada, asking_.loop(), into(heard_))), "ok");
  watches.push_back(watch(ada));
  heard();
  credit(ada, 1);
  EXPECT_THAT(heard(), SizeIs(watches_per_account_max));
}

TEST_P(Watching, AWatchThatHasEndedLeavesItsPlace) {
  const Presented ada = asking_.open_account("ada", 4000);
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < watches_per_account_max; ++i) watches.push_back(watch(ada));
  ask(store().replace_login_token(ada.account, "hash of ada", secret(2))).value();
  EXPECT_EQ(code(store().watch({ada.account, secret(2)}, asking_.loop(), into(heard_))), "ok");
}

// Threads

async::Task<> keep_watch(async::Task<base::Result<std::unique_ptr<Watch>>> task, std::unique_ptr<Watch>& kept,
                         std::latch& done) {
  auto watch = co_await std::move(task);
  kept = std::move(watch).value();
  done.count_down();
}

TEST_P(Watching, DrainingIsTheLastWordToALoopThatHasStopped) {
  const Presented ada = asking_.open_account("ada", 4000);
  Hold hold = asking_.hold(ada, 100);
  std::atomic<int> told{0};
  {
    async::Loop loop("stopped");
    std::unique_ptr<Watch> kept;
    std::latch done(1);
    boost::asio::co_spawn(
        loop.executor(),
        keep_watch(store().watch(ada, loop.executor(), [&](const std::optional<Figures>&) { ++told; }), kept, done),
        boost::asio::detached);
    done.wait();
    credit(ada, 1);
    loop.stop();
    store().drain();
    loop.context().restart();
    loop.context().poll();  // what was on its way
    const int told_before = told;
    hold = Hold();  // as the frames of another loop do when they go
    credit(ada, 1);
    asking_.balance(ada);
    loop.context().restart();
    EXPECT_EQ(loop.context().poll(), 0U);
    EXPECT_EQ(told, told_before);
  }
  credit(ada, 1);
}

TEST_P(Watching, ManyThatComeAndGoOnOtherLoopsHearTheirAccountsLastFigures) {
  constexpr int rounds = 200;
  const Presented ada = asking_.open_account("ada", 4000);
  async::Loop loop("watching");
  for (int round = 0; round < rounds; ++round) {
    std::unique_ptr<Watch> kept;
    std::latch done(1);
    std::atomic<std::int64_t> last{0};
    boost::asio::co_spawn(loop.executor(),
                          keep_watch(store().watch(ada, loop.executor(),
                                                   [&last](std::optional<Figures> figures) {
                                                     last = figures ? figures->balance.posted.count() : -1;
                                                   }),
                                     kept, done),
                          boost::asio::detached);
    for (int i = 0; i < 3; ++i) credit(ada, 1);
    done.wait();
    const std::int64_t posted = asking_.balance(ada).posted.count();
    while (last != posted) std::this_thread::yield();
    std::latch gone(1);
    boost::asio::post(loop.context(), [&] {
      kept.reset();
      gone.count_down();
    });
    gone.wait();
  }
  loop.stop();
  store().drain();
}

}  // namespace
}  // namespace parley::store
