#pragma once
// The SQLite keeper on a simulated disk, as the model's test takes it.

#include <thread>

#include "store/keeper_under_test.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/simulated_disk.h"
#include "store/sqlite/temporary_folder.h"
#include "store/sqlite/verify.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {

class SqliteKeeperOnMachine final : public KeeperOnMachine {
 public:
  /// With few accounts in memory, the test also sees what is let go of and read again.
  explicit SqliteKeeperOnMachine(std::size_t accounts_in_memory_max) : accounts_max_(accounts_in_memory_max) {
    reopen();
  }

  Store& store() override { return *keeper_; }
  void reopen() override {
    keeper_.reset();
    KeeperOptions options{.folder = folder_.path(), .clock = clock};
    options.vfs = disk_.name();
    options.accounts_in_memory_max = accounts_max_;
    options.probe_interval = std::chrono::milliseconds(0);
    options.frames_between_checkpoints = 100;
    keeper_ = Keeper::open(std::move(options)).value();
  }
  VerifyReport verify() override { return sqlite::verify(folder_.path(), disk_.name()).value(); }

  void fill_disk() override { disk_.fail(DiskCall::write, 1, DiskFault::full, true); }
  void empty_disk() override {
    disk_.repair();
    while (!keeper_->writable()) {
      Asking(*keeper_).ask(keeper_->authenticate({})).has_error();  // wakes the writer, which looks
      std::this_thread::yield();
    }
  }
  void cut_power() override {
    disk_.cut_power();
    keeper_.reset();
    disk_.restore_power(Loss::all);
    reopen();
  }
  void break_disk() override { disk_.fail(DiskCall::sync, 1, DiskFault::io_error, true); }

 private:
  TemporaryFolder folder_;
  SimulatedDisk disk_;
  std::size_t accounts_max_;
  std::unique_ptr<Keeper> keeper_;
};

inline MachineKind sqlite_keeper_on_machine() {
  return {"Sqlite", [] { return std::make_unique<SqliteKeeperOnMachine>(50'000); }};
}
inline MachineKind forgetful_sqlite_keeper_on_machine() {
  return {"ForgetfulSqlite", [] { return std::make_unique<SqliteKeeperOnMachine>(1); }};
}

}  // namespace parley::store::sqlite
