#pragma once
// The SQLite keeper as the conformance tests take it.

#include "store/keeper_under_test.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/temporary_folder.h"
#include "store/sqlite/verify.h"

namespace parley::store::sqlite {

class SqliteKeeperUnderTest final : public KeeperUnderTest {
 public:
  /// With few accounts in memory, the tests also see what is let go of and read again.
  explicit SqliteKeeperUnderTest(std::size_t accounts_in_memory_max) : accounts_max_(accounts_in_memory_max) {
    reopen();
  }

  Store& store() override { return *keeper_; }
  void reopen() override {
    keeper_.reset();
    KeeperOptions options{.folder = folder_.path(), .clock = clock};
    options.accounts_in_memory_max = accounts_max_;
    keeper_ = Keeper::open(std::move(options)).value();
  }
  VerifyReport verify() override { return sqlite::verify(folder_.path()).value(); }

 private:
  TemporaryFolder folder_;
  std::size_t accounts_max_;
  std::unique_ptr<Keeper> keeper_;
};

inline KeeperKind sqlite_keeper() {
  return {"Sqlite", [] { return std::make_unique<SqliteKeeperUnderTest>(50'000); }};
}
inline KeeperKind forgetful_sqlite_keeper() {
  return {"ForgetfulSqlite", [] { return std::make_unique<SqliteKeeperUnderTest>(1); }};
}

}  // namespace parley::store::sqlite
