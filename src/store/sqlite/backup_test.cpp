#include "store/sqlite/backup.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/manual_clock.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/raw_database.h"
#include "store/sqlite/temporary_folder.h"
#include "store/sqlite/verify.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

class Backup : public testing::Test {
 protected:
  std::unique_ptr<Keeper> open(const std::filesystem::path& folder) {
    return Keeper::open({.folder = folder, .clock = clock_}).value();
  }
  void chat(Asking& asking, const Presented& credential) { asking.settle(asking.hold(credential, 100), 100).value(); }

  base::ManualClock clock_;
  TemporaryFolder folder_;
  TemporaryFolder elsewhere_;
  const std::filesystem::path file_ = elsewhere_.path() / "backup.db";
  const std::filesystem::path restored_ = elsewhere_.path() / "restored";
};

TEST_F(Backup, BringsBackWhatWasThereWhenItWasMade) {
  Presented ada;
  {
    const auto keeper = open(folder_.path());
    Asking asking(*keeper);
    ada = asking.open_account("ada", 4000);
    chat(asking, ada);
    const auto report = back_up(folder_.path(), file_);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(report->turns, 1);
    chat(asking, ada);
  }
  ASSERT_TRUE(restore(file_, restored_).has_value());
  const auto keeper = open(restored_);
  Asking asking(*keeper);
  EXPECT_EQ(asking.balance(ada), balance_of(3900));
  chat(asking, ada);
  EXPECT_TRUE(verify(restored_).value().sound());
  EXPECT_EQ(verify(folder_.path()).value().turns, 2);
}

TEST_F(Backup, IsOneFileThatOnlyItsOwnerReads) {
  open(folder_.path());
  ASSERT_TRUE(back_up(folder_.path(), file_).has_value());
  EXPECT_EQ(std::filesystem::status(file_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(elsewhere_.path()), {}), 1);
}

TEST_F(Backup, OverwritesNothing) {
  open(folder_.path());
  std::ofstream(file_) << "precious";
  EXPECT_EQ(code_of(back_up(folder_.path(), file_)), "conflict");
  EXPECT_EQ(std::filesystem::file_size(file_), 8U);
}

TEST_F(Backup, OfNothingIsRefused) {
  EXPECT_EQ(code_of(back_up(folder_.path(), file_)), "store_unavailable");
  EXPECT_EQ(code_of(restore(file_, restored_)), "store_unavailable");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Backup, OfUnsoundDataIsRefusedAndLeavesNothing) {
  {
    const auto keeper = open(folder_.path());
    Asking asking(*keeper);
    chat(asking, asking.open_account("ada"));
  }
  RawDatabase(folder_.path()).run("UPDATE entries SET amount = -99 WHERE kind = 2");
  const auto refused = back_up(folder_.path(), file_);
  EXPECT_EQ(code_of(refused), "store_unavailable");
  EXPECT_NE(refused.error().message.find("unsound"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere_.path()));
}

TEST_F(Backup, ThatIsDamagedIsNotRestored) {
  open(folder_.path());
  ASSERT_TRUE(back_up(folder_.path(), file_).has_value());
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) / 2);
  EXPECT_EQ(code_of(restore(file_, restored_)), "store_unavailable");
  EXPECT_FALSE(std::filesystem::exists(restored_ / database_name));
  std::ofstream(file_) << "no database at all, whatever its name may say";
  EXPECT_EQ(code_of(restore(file_, restored_)), "store_unavailable");
}

TEST_F(Backup, IsNotRestoredOverADatabaseNorBesideAServer) {
  open(folder_.path());
  ASSERT_TRUE(back_up(folder_.path(), file_).has_value());
  EXPECT_EQ(code_of(restore(file_, folder_.path())), "conflict");
  const auto keeper = open(restored_);
  EXPECT_EQ(code_of(restore(file_, restored_)), "conflict");
}

TEST_F(Backup, IsNotRestoredBesideTheLogOfAnotherDatabase) {
  open(folder_.path());
  ASSERT_TRUE(back_up(folder_.path(), file_).has_value());
  std::filesystem::create_directory(restored_);
  std::ofstream(restored_ / "parley.db-wal") << "frames";
  EXPECT_EQ(code_of(restore(file_, restored_)), "conflict");
}

}  // namespace
}  // namespace parley::store::sqlite
