// What the keeper does when SQLite or the disk fails.

#include <gmock/gmock.h>

#include <boost/asio/detached.hpp>
#include <future>
#include <latch>
#include <thread>

#include "async/loop.h"
#include "base/manual_clock.h"
#include "store/sqlite/fault_vfs.h"
#include "store/sqlite/raw_database.h"
#include "store/sqlite/temporary_folder.h"
#include "store/sqlite/verify.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

using ledger::EntryKind;
using testing::Each;
using testing::ElementsAre;

class Faults : public testing::Test {
 protected:
  Faults() { open(); }

  void open() {
    KeeperOptions options{.folder = folder_.path(), .clock = clock_};
    options.vfs = vfs_.name();
    options.on_fatal = [this](const base::Error& error) {
      EXPECT_EQ(error.code, base::ErrorCode::store_unavailable);
      ++fatal_;
    };
    keeper_ = Keeper::open(std::move(options)).value();
    asking_.emplace(*keeper_);
  }
  void close() {
    asking_.reset();
    keeper_.reset();
  }
  /// A message that no turn can be saved with.
  void refuse_turns_about_poison() {
    close();
    RawDatabase(folder_.path())
        .run(
            "CREATE TRIGGER no_poison BEFORE INSERT ON turns WHEN new.message = 'poison' "
            "BEGIN SELECT raise(ABORT, 'poison'); END");
    open();
  }
  std::string credit(const Presented& credential, std::int64_t amount) {
    return code_of(asking_->ask(keeper_->post(credential.account, EntryKind::credit, tokens(amount))));
  }

  TemporaryFolder folder_;
  base::ManualClock clock_;
  FaultVfs vfs_;
  std::atomic<int> fatal_{0};
  std::unique_ptr<Keeper> keeper_;
  std::optional<Asking> asking_;
};

async::Task<> note_code(async::Task<base::Result<Settled>> settle, std::string& code, std::latch& done) {
  code = code_of(co_await std::move(settle));
  done.count_down();
}

async::Task<> note_code(async::Task<base::Result<Balance>> post, std::string& code, std::latch& done) {
  code = code_of(co_await std::move(post));
  done.count_down();
}

async::Task<> keep_decision(async::Task<base::Result<HoldDecision>> hold,
                            std::vector<base::Result<HoldDecision>>& decisions, std::latch& done) {
  decisions.push_back(co_await std::move(hold));
  done.count_down();
}

/// Settles the holds with these messages in one batch: the batch gathers while a commit before it waits for its sync.
class OneBatch {
 public:
  OneBatch(Keeper& keeper, FaultVfs& vfs, const Presented& credential) : keeper_(keeper), vfs_(vfs) {
    vfs_.close_gate();
    spawn(keeper_.post(credential.account, EntryKind::credit, tokens(1)), first_code_);
    vfs_.await_sync_at_gate();
  }
  ~OneBatch() {
    vfs_.open_gate();
    loop_.stop();
    keeper_.drain();
  }

  /// The batch takes this hold too, before it settles any.
  void take_too(HoldRequest request) { requests_.push_back(std::move(request)); }
  std::vector<base::Result<HoldDecision>>& taken() { return taken_; }

  std::vector<std::string> settle(std::vector<Hold> holds, const std::vector<std::string>& messages) {
    std::latch done(static_cast<std::ptrdiff_t>(messages.size() + requests_.size()));
    done_ = &done;
    std::vector<std::string> codes(messages.size());
    for (HoldRequest& request : requests_) {
      boost::asio::co_spawn(loop_.executor(), keep_decision(keeper_.hold(std::move(request)), taken_, done),
                            boost::asio::detached);
    }
    for (std::size_t i = 0; i < messages.size(); ++i) {
      spawn(keeper_.settle(std::move(holds[i]), {tokens(100), messages[i], "answer"}), codes[i]);
    }
    std::promise<void> all_sent;
    boost::asio::post(loop_.context(), [&] { all_sent.set_value(); });
    all_sent.get_future().wait();
    vfs_.open_gate();
    done.wait();
    return codes;
  }

 private:
  template <class T>
  void spawn(async::Task<T> task, std::string& code) {
    std::latch& done = done_ != nullptr ? *done_ : first_done_;
    boost::asio::co_spawn(loop_.executor(), note_code(std::move(task), code, done), boost::asio::detached);
  }

  Keeper& keeper_;
  FaultVfs& vfs_;
  std::string first_code_;
  std::latch first_done_{1};
  std::latch* done_ = nullptr;
  std::vector<HoldRequest> requests_;
  std::vector<base::Result<HoldDecision>> taken_;
  async::Loop loop_{"one-batch"};
};

TEST_F(Faults, OperationsThatGatherShareOneSync) {
  const Presented ada = asking_->open_account("ada", 4000);
  std::vector<Hold> holds;
  for (int i = 0; i < 10; ++i) holds.push_back(asking_->hold(ada, 100));
  OneBatch batch(*keeper_, vfs_, ada);
  const int syncs_before = vfs_.syncs;
  EXPECT_THAT(batch.settle(std::move(holds), std::vector<std::string>(10, "question")), Each("ok"));
  EXPECT_EQ(vfs_.syncs - syncs_before, 1);
}

TEST_F(Faults, AnSqlErrorFailsItsOperationAndNoOtherOfTheBatch) {
  const Presented ada = asking_->open_account("ada", 4000);
  refuse_turns_about_poison();
  std::vector<Hold> holds;
  for (int i = 0; i < 4; ++i) holds.push_back(asking_->hold(ada, 100));
  OneBatch batch(*keeper_, vfs_, ada);
  EXPECT_THAT(batch.settle(std::move(holds), {"one", "poison", "three", "four"}),
              ElementsAre("ok", "internal", "ok", "ok"));
  EXPECT_EQ(asking_->balance(ada), balance_of(3701));
  EXPECT_EQ(keeper_->hold_counts().open, 0);
  EXPECT_EQ(keeper_->hold_counts().settled, 3);
  EXPECT_TRUE(keeper_->writable());
  EXPECT_EQ(fatal_, 0);
  const VerifyReport report = verify(folder_.path()).value();
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.turns, 3);
}

TEST_F(Faults, AHoldEndsThoughItsSettlementFailsInTheDatabase) {
  const Presented ada = asking_->open_account("ada", 4000);
  refuse_turns_about_poison();
  EXPECT_EQ(code_of(asking_->settle(asking_->hold(ada, 100), 100, "poison")), "internal");
  EXPECT_EQ(asking_->balance(ada), balance_of(4000));
  EXPECT_EQ(keeper_->hold_counts().released, 1);
}

TEST_F(Faults, AnSqlErrorOfOneTakesBackWhatTheBatchDidWithAKeyAndDoesTheRestAgain) {
  const Presented ada = asking_->open_account("ada", 4000);
  const Presented key = asking_->open_key(ada, 10, tokens(500));
  refuse_turns_about_poison();
  std::vector<Hold> holds;
  for (int i = 0; i < 4; ++i) holds.push_back(asking_->hold(key, 100));
  const HoldRequest request{
      .credential = key, .amount = tokens(60), .idempotency = Idempotency{.key = "k", .fingerprint = secret(1)}};
  {
    OneBatch batch(*keeper_, vfs_, ada);
    batch.take_too(request);
    EXPECT_THAT(batch.settle(std::move(holds), {"one", "poison", "three", "four"}),
                ElementsAre("ok", "internal", "ok", "ok"));
    ASSERT_TRUE(std::holds_alternative<Held>(batch.taken().at(0).value()));
    EXPECT_EQ(asking_->keys(ada)[0].spent, tokens(300));
    EXPECT_EQ(asking_->balance(ada), balance_of(3701, 60));
    EXPECT_EQ(code_of(asking_->ask(keeper_->hold(request))), "conflict");
    const auto refused = asking_->ask(keeper_->hold({.credential = key, .amount = tokens(141)})).value();
    EXPECT_EQ(std::get<Shortfall>(refused).allowance.value().left, balance_of(200, 60));
  }
  EXPECT_TRUE(std::holds_alternative<Held>(asking_->ask(keeper_->hold(request)).value()));
  asking_->hold(key, 200);
  EXPECT_TRUE(verify(folder_.path()).value().sound());
}

TEST_F(Faults, AnSqlErrorOfOneTakesBackWhatTheBatchSpentOfADailyLimit) {
  const Presented ada = asking_->open_account("ada", 4000);
  asking_->ask(keeper_->set_daily_limit(ada, tokens(500))).value();
  refuse_turns_about_poison();
  std::vector<Hold> holds;
  for (int i = 0; i < 4; ++i) holds.push_back(asking_->hold(ada, 100));
  OneBatch batch(*keeper_, vfs_, ada);
  EXPECT_THAT(batch.settle(std::move(holds), {"one", "poison", "three", "four"}),
              ElementsAre("ok", "internal", "ok", "ok"));
  const auto refused = asking_->ask(keeper_->hold({.credential = ada, .amount = tokens(201)})).value();
  EXPECT_EQ(std::get<Shortfall>(refused).allowance.value().left, balance_of(200));
}

TEST_F(Faults, DailyLimitsThatCouldNotBeSavedAreAsBefore) {
  const Presented ada = asking_->open_account("ada", 4000);
  const Presented key = asking_->open_key(ada, 10);
  asking_->balance(key);
  const auto id = asking_->keys(ada)[0].id;
  vfs_.write_fault = SQLITE_FULL;
  EXPECT_EQ(code_of(asking_->ask(keeper_->set_daily_limit(ada, tokens(1)))), "store_unavailable");
  vfs_.write_fault = FaultVfs::no_fault;
  while (!keeper_->writable()) std::this_thread::yield();
  vfs_.write_fault = SQLITE_FULL;
  EXPECT_EQ(code_of(asking_->ask(keeper_->set_key_daily_limit(ada, id, tokens(1)))), "store_unavailable");
  vfs_.write_fault = FaultVfs::no_fault;
  while (!keeper_->writable()) std::this_thread::yield();
  asking_->hold(key, 100);
  EXPECT_EQ(asking_->keys(ada)[0].daily_limit, std::nullopt);
  EXPECT_EQ(asking_->ask(keeper_->account(ada)).value().daily_limit, std::nullopt);
}

/// Keeps what it hears.
class Listener {
 public:
  TellFigures tell() {
    return [this](std::optional<Figures> figures) { heard_.push_back(figures); };
  }
  std::vector<std::optional<Figures>> take() { return std::exchange(heard_, {}); }

 private:
  std::vector<std::optional<Figures>> heard_;
};

TEST_F(Faults, AWatcherHearsOnlyOfWhatStands) {
  const Presented ada = asking_->open_account("ada", 4000);
  refuse_turns_about_poison();
  Listener listener;
  auto watch = asking_->ask(keeper_->watch(ada, asking_->loop(), listener.tell())).value();
  Hold hold = asking_->hold(ada, 100);
  asking_->balance(ada);
  listener.take();
  EXPECT_EQ(code_of(asking_->settle(std::move(hold), 70, "poison")), "internal");
  asking_->balance(ada);
  EXPECT_THAT(listener.take(), ElementsAre(Figures{.balance = balance_of(4000), .spent = {}, .spent_today = {}}));
  watch.reset();
}

TEST_F(Faults, WatchingBeginsOnceThoughItsBatchIsTakenBackAndDoneAgain) {
  const Presented ada = asking_->open_account("ada", 4000);
  const Presented bob = asking_->open_account("bob", 4000);
  refuse_turns_about_poison();
  Listener listener;
  std::vector<Hold> holds;
  holds.push_back(asking_->hold(bob, 100));
  boost::asio::io_context home{1};
  base::Result<std::unique_ptr<Watch>> watch = std::unique_ptr<Watch>();
  {
    OneBatch batch(*keeper_, vfs_, bob);
    boost::asio::co_spawn(
        home,
        [](Keeper& keeper, Presented credential, async::Executor loop, TellFigures tell,
           base::Result<std::unique_ptr<Watch>>& kept) -> async::Task<> {
          kept = co_await keeper.watch(credential, loop, std::move(tell));
        }(*keeper_, ada, home.get_executor(), listener.tell(), watch),
        boost::asio::detached);
    home.poll();
    EXPECT_THAT(batch.settle(std::move(holds), {"poison"}), ElementsAre("internal"));
  }
  home.restart();
  home.run();
  ASSERT_TRUE(watch.has_value() && *watch);
  EXPECT_EQ(listener.take().size(), 1U);
}

TEST_F(Faults, WhoseWatchingWasRefusedHearsNothing) {
  const Presented ada = asking_->open_account("ada", 4000);
  const Presented key = asking_->open_key(ada, 10);
  Listener listener;
  vfs_.write_fault = SQLITE_FULL;  // the key's first use is to be written
  EXPECT_EQ(code_of(asking_->ask(keeper_->watch(key, asking_->loop(), listener.tell()))), "store_unavailable");
  vfs_.write_fault = FaultVfs::no_fault;
  while (!keeper_->writable()) std::this_thread::yield();
  EXPECT_EQ(credit(ada, 5), "ok");
  asking_->balance(ada);
  EXPECT_THAT(listener.take(), testing::IsEmpty());
}

TEST_F(Faults, AWatcherHearsThatAHoldIsReleasedWhileNothingCanBeCommitted) {
  const Presented ada = asking_->open_account("ada", 4000);
  Listener listener;
  const auto watch = asking_->ask(keeper_->watch(ada, asking_->loop(), listener.tell())).value();
  Hold hold = asking_->hold(ada, 100);
  asking_->balance(ada);
  listener.take();
  vfs_.write_fault = SQLITE_FULL;
  EXPECT_EQ(code_of(asking_->settle(std::move(hold), 100)), "store_unavailable");
  EXPECT_EQ(code_of(asking_->ask(keeper_->balance(ada))), "store_unavailable");
  EXPECT_THAT(listener.take(), ElementsAre(Figures{.balance = balance_of(4000), .spent = {}, .spent_today = {}}));
  vfs_.write_fault = FaultVfs::no_fault;
}

TEST_F(Faults, ATurnIsNotChargedWhereItsIdempotencyKeyCannotBeKept) {
  const Presented ada = asking_->open_account("ada", 4000);
  const Presented key = asking_->open_key(ada, 10, tokens(100));
  close();
  RawDatabase(folder_.path())
      .run(
          "CREATE TRIGGER no_poison BEFORE INSERT ON idempotency_records WHEN new.key = 'poison' "
          "BEGIN SELECT raise(ABORT, 'poison'); END");
  open();
  const HoldRequest request{
      .credential = key, .amount = tokens(100), .idempotency = Idempotency{.key = "poison", .fingerprint = secret(1)}};
  for (int again = 0; again < 2; ++again) {
    auto decision = asking_->ask(keeper_->hold(request)).value();
    EXPECT_EQ(code_of(asking_->settle(std::move(std::get<Held>(decision).hold), 100)), "internal");
    EXPECT_EQ(asking_->balance(ada), balance_of(4000));
    EXPECT_EQ(asking_->keys(ada)[0].spent, tokens(0));
  }
  EXPECT_EQ(verify(folder_.path()).value().turns, 0);
  EXPECT_TRUE(verify(folder_.path()).value().sound());
}

TEST_F(Faults, KeysAndAccountsThatCouldNotBeSavedAreAsBefore) {
  const Presented ada = asking_->open_account("ada", 4000);
  const Presented key = asking_->open_key(ada, 10);
  const auto id = asking_->keys(ada)[0].id;
  vfs_.write_fault = SQLITE_FULL;
  EXPECT_EQ(code_of(asking_->ask(keeper_->authenticate(key))), "store_unavailable");
  const auto refused = [&](auto operation) {
    vfs_.write_fault = FaultVfs::no_fault;
    while (!keeper_->writable()) std::this_thread::yield();
    vfs_.write_fault = SQLITE_FULL;
    EXPECT_EQ(code_of(asking_->ask(operation())), "store_unavailable");
  };
  refused([&] { return keeper_->create_key(ada, {.name = "key", .digest = secret(11)}); });
  refused([&] { return keeper_->end_key(ada, id); });
  refused([&] { return keeper_->delete_account(ada); });
  vfs_.write_fault = FaultVfs::no_fault;
  while (!keeper_->writable()) std::this_thread::yield();
  EXPECT_EQ(asking_->keys(ada).size(), 1U);
  EXPECT_EQ(asking_->keys(ada)[0].last_used, std::nullopt);
  EXPECT_EQ(code_of(asking_->ask(keeper_->authenticate(key))), "ok");
  EXPECT_EQ(code_of(asking_->ask(keeper_->authenticate({ada.account, secret(11), CredentialKind::api_key}))),
            "unauthenticated");
}

TEST_F(Faults, AFullDiskPausesTheStoreUntilThereIsRoom) {
  const Presented ada = asking_->open_account("ada", 4000);
  Hold in_flight = asking_->hold(ada, 100);
  vfs_.write_fault = SQLITE_FULL;
  const auto refused = asking_->settle(std::move(in_flight), 100);
  EXPECT_EQ(code_of(refused), "store_unavailable");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_FALSE(keeper_->writable());
  EXPECT_EQ(code_of(asking_->ask(keeper_->balance(ada))), "store_unavailable");
  EXPECT_EQ(code_of(asking_->ask(keeper_->hold({.credential = ada, .amount = tokens(1)}))), "store_unavailable");

  vfs_.write_fault = FaultVfs::no_fault;
  while (!keeper_->writable()) std::this_thread::yield();
  EXPECT_EQ(asking_->balance(ada), balance_of(4000));
  EXPECT_EQ(keeper_->hold_counts().open, 0);
  EXPECT_EQ(credit(ada, 5), "ok");
  EXPECT_EQ(fatal_, 0);
  close();
  EXPECT_TRUE(verify(folder_.path()).value().sound());
}

TEST_F(Faults, AFailedSyncIsFinalAndNothingIsTriedAgain) {
  const Presented ada = asking_->open_account("ada", 4000);
  Hold open = asking_->hold(ada, 100);
  vfs_.sync_fault = SQLITE_IOERR_FSYNC;
  EXPECT_EQ(credit(ada, 5), "store_unavailable");
  vfs_.sync_fault = FaultVfs::no_fault;
  const int syncs = vfs_.syncs;
  EXPECT_EQ(credit(ada, 5), "store_unavailable");
  EXPECT_EQ(code_of(asking_->settle(std::move(open), 100)), "store_unavailable");
  EXPECT_FALSE(keeper_->writable());
  keeper_->drain();
  EXPECT_EQ(fatal_, 1);
  EXPECT_EQ(keeper_->hold_counts().open, 0);
  close();
  EXPECT_EQ(vfs_.syncs, syncs);
  EXPECT_TRUE(verify(folder_.path()).value().sound());
}

TEST_F(Faults, AFailedWriteIsFinal) {
  const Presented ada = asking_->open_account("ada", 4000);
  vfs_.write_fault = SQLITE_IOERR_WRITE;
  EXPECT_EQ(credit(ada, 5), "store_unavailable");
  vfs_.write_fault = FaultVfs::no_fault;
  EXPECT_EQ(credit(ada, 5), "store_unavailable");
  keeper_->drain();
  EXPECT_EQ(fatal_, 1);
  close();
  open();
  EXPECT_EQ(asking_->balance(ada), balance_of(4000));
}

TEST_F(Faults, AForeignLockPausesTheStoreUntilItIsGone) {
  const Presented ada = asking_->open_account("ada", 4000);
  RawDatabase intruder(folder_.path());
  intruder.run("BEGIN IMMEDIATE");
  EXPECT_EQ(credit(ada, 5), "store_unavailable");
  EXPECT_FALSE(keeper_->writable());
  intruder.run("ROLLBACK");
  while (!keeper_->writable()) std::this_thread::yield();
  EXPECT_EQ(credit(ada, 5), "ok");
}

TEST_F(Faults, AFullQueueRefusesButStillSettles) {
  close();
  KeeperOptions options{.folder = folder_.path(), .clock = clock_};
  options.vfs = vfs_.name();
  options.queued_operations_max = 1;
  keeper_ = Keeper::open(std::move(options)).value();
  asking_.emplace(*keeper_);
  const Presented ada = asking_->open_account("ada", 4000);
  Hold hold = asking_->hold(ada, 100);
  std::vector<Hold> holds;
  holds.push_back(std::move(hold));
  OneBatch batch(*keeper_, vfs_, ada);
  const auto refused = asking_->ask(keeper_->balance(ada));
  EXPECT_EQ(code_of(refused), "overloaded");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_THAT(batch.settle(std::move(holds), {"question"}), ElementsAre("ok"));
  EXPECT_EQ(asking_->balance(ada), balance_of(3901));
}

}  // namespace
}  // namespace parley::store::sqlite
