// Each call of the disk fails, one after the other: what was acknowledged is there, what was refused is not half there,
// and the store stops or waits as it should.

#include <gtest/gtest.h>

#include <thread>

#include "store/sqlite/scripted_run.h"

namespace parley::store::sqlite {
namespace {

struct Fault {
  std::string name;
  DiskCall call;
  DiskFault fault;
  int stride = 1;  ///< the short form tries every stride-th call: of some there are thousands, all of them alike

  std::int64_t after(std::int64_t n) const { return n + (proof::runs_long() ? 1 : stride); }
};

std::ostream& operator<<(std::ostream& out, const Fault& fault) {
  return out << fault.name;
}

std::string refusal_of(ScriptedRun& run) {
  return code_of(run.asking().ask(run.store().authenticate({base::AccountId{1}, secret(1)})));
}

/// The store has stopped for good, has said so once, and touches the disk no more.
void expect_stopped(ScriptedRun& run) {
  EXPECT_EQ(refusal_of(run), "store_unavailable");
  EXPECT_FALSE(run.store().writable());
  run.store().drain();
  EXPECT_EQ(run.fatal, 1);
  EXPECT_EQ(run.store().hold_counts().open, 0);
  const auto syncs = run.disk.calls(DiskCall::sync);
  const auto writes = run.disk.calls(DiskCall::write);
  EXPECT_EQ(refusal_of(run), "store_unavailable");
  EXPECT_EQ(run.disk.calls(DiskCall::sync), syncs) << "a sync that failed must not be tried again";
  EXPECT_EQ(run.disk.calls(DiskCall::write), writes);
  run.close();
}

/// What befalls the machine after the failure.
enum class Aftermath { restart, power_cut };

class FinalFault : public testing::TestWithParam<Fault> {
 protected:
  /// The n-th call fails once. False where the script ends before that.
  bool run_with(std::int64_t n, Aftermath aftermath) {
    ScriptedRun run;
    run.disk.fail(GetParam().call, n, GetParam().fault, false);
    const bool opened = run.open();
    const bool finished = opened && run.go_on();
    if (!run.disk.has_failed()) {
      EXPECT_TRUE(finished) << run.at();
      return false;
    }
    // SQLite may do without what failed: a log that could not be shortened, a read that was only ahead of its time.
    if (run.is_open() && !finished) expect_stopped(run);
    run.close();
    run.disk.repair();
    if (aftermath == Aftermath::power_cut) {
      run.disk.cut_power();
      run.disk.restore_power(Loss::all);
    }
    EXPECT_TRUE(run.open());
    if (!run.is_open()) return true;
    EXPECT_TRUE(run.holds_what_was_acknowledged());
    EXPECT_TRUE(run.is_sound());
    return true;
  }
};

TEST_P(FinalFault, OfEachCallLosesNothingAcknowledged) {
  for (const Aftermath aftermath : {Aftermath::restart, Aftermath::power_cut}) {
    for (std::int64_t n = 1; run_with(n, aftermath); n = GetParam().after(n)) {
      ASSERT_FALSE(HasFailure()) << "call " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Disk, FinalFault,
                         testing::Values(Fault{"Write", DiskCall::write, DiskFault::io_error},
                                         Fault{"ShortWrite", DiskCall::write, DiskFault::short_write, 3},
                                         Fault{"Sync", DiskCall::sync, DiskFault::io_error},
                                         Fault{"Truncate", DiskCall::truncate, DiskFault::io_error},
                                         Fault{"Read", DiskCall::read, DiskFault::io_error, 7},
                                         Fault{"Remove", DiskCall::remove, DiskFault::io_error},
                                         Fault{"Lock", DiskCall::lock, DiskFault::io_error, 5},
                                         Fault{"Open", DiskCall::open, DiskFault::io_error}),
                         [](const auto& each) { return each.param.name; });

class PassingFault : public testing::TestWithParam<Fault> {
 protected:
  static void await_writable(ScriptedRun& run) {
    while (!run.store().writable() && run.fatal == 0) {
      refusal_of(run);  // wakes the writer
      std::this_thread::yield();
    }
  }

  /// From the n-th call on all fail, until the cause is gone. False where the script ends before that.
  bool run_with(std::int64_t n) {
    ScriptedRun run;
    run.disk.fail(GetParam().call, n, GetParam().fault, true);
    const bool finished = run.open() && run.go_on();
    if (!run.disk.has_failed()) {
      EXPECT_TRUE(finished) << run.at();
      return false;
    }
    EXPECT_TRUE(finished || !run.is_open() || !run.store().writable());
    run.disk.repair();
    if (!run.is_open()) {
      EXPECT_TRUE(run.open());
      if (!run.is_open()) return true;
    }
    await_writable(run);
    EXPECT_EQ(run.fatal, 0);
    if (run.fatal != 0) return true;
    EXPECT_TRUE(run.holds_only_what_was_acknowledged());
    EXPECT_TRUE(run.go_on()) << run.at();
    EXPECT_TRUE(run.holds_only_what_was_acknowledged());
    EXPECT_EQ(run.fatal, 0);
    EXPECT_TRUE(run.is_sound());
    return true;
  }
};

TEST_P(PassingFault, FromEachCallOnRefusesAndThenGoesOnAsIfNothingHadBeen) {
  for (std::int64_t n = 1; run_with(n); n = GetParam().after(n)) {
    ASSERT_FALSE(HasFailure()) << "call " << n;
  }
}

INSTANTIATE_TEST_SUITE_P(Disk, PassingFault,
                         testing::Values(Fault{"Full", DiskCall::write, DiskFault::full},
                                         Fault{"Locked", DiskCall::lock, DiskFault::locked, 5}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace parley::store::sqlite
