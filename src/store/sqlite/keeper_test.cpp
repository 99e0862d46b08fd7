// What is the SQLite keeper's own: its folder, its file, its schema.

#include "store/sqlite/keeper.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/manual_clock.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/raw_database.h"
#include "store/sqlite/temporary_folder.h"
#include "store/store_fixture.h"

namespace parley::store::sqlite {
namespace {

using testing::HasSubstr;

class SqliteKeeper : public testing::Test {
 protected:
  base::Result<std::unique_ptr<Keeper>> open() { return Keeper::open({.folder = folder(), .clock = clock_}); }
  std::filesystem::path folder() const { return parent_.path() / "data"; }
  static unsigned mode_of(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
  }

  TemporaryFolder parent_;
  base::ManualClock clock_;
};

TEST_F(SqliteKeeper, KeepsItsFolderAndFilesFromOthers) {
  const auto keeper = open().value();
  Asking(*keeper).open_account("ada");
  EXPECT_EQ(mode_of(folder()), 0700U);
  for (const char* name : {"parley.db", "parley.db-wal", "parley.db-shm", "lock"}) {
    EXPECT_EQ(mode_of(folder() / name), 0600U) << name;
  }
}

TEST_F(SqliteKeeper, HasItsFolderAlone) {
  auto keeper = open().value();
  const auto second = open();
  ASSERT_TRUE(second.has_error());
  EXPECT_THAT(second.error().message, HasSubstr("is in use by another parley (pid " + std::to_string(getpid()) + ")"));
  keeper.reset();
  EXPECT_TRUE(open().has_value());
}

TEST_F(SqliteKeeper, ShowsWhatItCommitted) {
  base::Metrics metrics;
  const auto keeper = Keeper::open({.folder = folder(), .clock = clock_, .metrics = &metrics}).value();
  const auto presented = Asking(*keeper).open_account("ada");
  Asking(*keeper).balance(presented);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("\nparley_store_commits_total 2\n")) << "reading commits nothing";
  EXPECT_THAT(text, HasSubstr("\nparley_store_commit_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("\nparley_store_batch_operations_bucket{le=\"1\"} 5\n")) << "two of them drain";
  EXPECT_THAT(text, HasSubstr("\nparley_store_queued_operations 0\n"));
}

TEST_F(SqliteKeeper, RefusesASchemaNewerThanItKnowsAndNamesBoth) {
  open().value().reset();
  RawDatabase(folder()).run("PRAGMA user_version=41");
  const auto refused = open();
  ASSERT_TRUE(refused.has_error());
  EXPECT_THAT(refused.error().message, HasSubstr("schema version 41"));
  EXPECT_THAT(refused.error().message, HasSubstr("only version " + std::to_string(schema_version())));
  EXPECT_EQ(RawDatabase(folder()).number("PRAGMA user_version"), 41);
}

TEST_F(SqliteKeeper, TakesTheRoomOfTheLogsIndexBeforeACommitNeedsIt) {
  const auto keeper = open().value();
  EXPECT_GE(std::filesystem::file_size(folder() / "parley.db-shm"), static_cast<std::uintmax_t>(wal_index_bytes));
}

TEST_F(SqliteKeeper, RefusesTheDatabaseOfAnotherProgram) {
  std::filesystem::create_directory(folder());
  RawDatabase(folder()).run("CREATE TABLE notes (text)");
  EXPECT_THAT(open().error().message, HasSubstr("was not made by parley"));
}

TEST_F(SqliteKeeper, RefusesAFileThatIsNoDatabase) {
  std::filesystem::create_directory(folder());
  FILE* file = fopen((folder() / database_name).c_str(), "w");
  fputs(std::string(8192, 'x').c_str(), file);
  fclose(file);
  const auto refused = open();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, base::ErrorCode::store_unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("not a database"));
}

TEST_F(SqliteKeeper, SavesTextsToTheByte) {
  const std::string message = std::string("a\0b", 3) + "\xF0\x9F\x90\xA6 \xC3\xA9";
  {
    const auto keeper = open().value();
    Asking asking(*keeper);
    asking.settle(asking.hold(asking.open_account("ada"), 100), 100, message, "").value();
  }
  RawDatabase raw(folder());
  EXPECT_THAT(raw.column("SELECT message FROM turns"), testing::ElementsAre(message));
  EXPECT_THAT(raw.column("SELECT response FROM turns"), testing::ElementsAre(""));
}

TEST_F(SqliteKeeper, LeavesNothingInTheLogWhenItCloses) {
  {
    const auto keeper = open().value();
    Asking(*keeper).open_account("ada");
    EXPECT_GT(std::filesystem::file_size(folder() / "parley.db-wal"), 0U);
  }
  EXPECT_EQ(std::filesystem::file_size(folder() / "parley.db-wal"), 0U);
}

TEST_F(SqliteKeeper, CarriesTheLogOverBeforeItGrowsWithoutEnd) {
  const auto keeper = open().value();
  Asking asking(*keeper);
  const Presented ada = asking.open_account("ada");
  const std::string page_and_more(1'000'000, 'x');
  std::uintmax_t largest = 0;
  for (int i = 0; i < 100; ++i) {
    asking.settle(asking.hold(ada, 1), 1, page_and_more, page_and_more).value();
    largest = std::max(largest, std::filesystem::file_size(folder() / "parley.db-wal"));
  }
  EXPECT_GT(largest, 8'000U * 4096);
  EXPECT_LT(largest, 9'000U * 4200);
}

TEST_F(SqliteKeeper, ReadsWriteNothing) {
  const auto keeper = open().value();
  Asking asking(*keeper);
  const Presented ada = asking.open_account("ada");
  const auto before = std::filesystem::file_size(folder() / "parley.db-wal");
  {
    const Hold hold = asking.hold(ada, 100);
  }
  asking.balance(ada);
  asking.ask(keeper->list_accounts("", 10)).value();
  EXPECT_EQ(std::filesystem::file_size(folder() / "parley.db-wal"), before);
}

}  // namespace
}  // namespace parley::store::sqlite
