#include "store/sqlite/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include "store/sqlite/connection.h"
#include "store/sqlite/folder_lock.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/verify.h"

namespace parley::store::sqlite {
namespace {

constexpr const char* unfinished = ".unfinished";
constexpr int all_pages = -1;

base::Error refused(base::ErrorCode code, std::string message, std::string detail = "") {
  return {.code = code, .message = std::move(message), .detail = std::move(detail)};
}

base::Error failed(std::string message, std::string detail = "") {
  return refused(base::ErrorCode::store_unavailable, std::move(message), std::move(detail));
}

std::string words_for(int error_number) {
  return std::generic_category().message(error_number);
}

/// A file under its name with ".unfinished", removed unless it is finished.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const std::filesystem::path& final_path) : final_(final_path), path_(final_path) {
    path_ += unfinished;
  }
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  ~UnfinishedFile() {
    std::error_code ignored;
    if (made_) std::filesystem::remove(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }

  /// What an earlier attempt left is made anew.
  base::Result<void> make() {
    unlink(path_.c_str());
    const int descriptor = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return failed("The file " + path_.string() + " can't be made: " + words_for(errno) + ".");
    close(descriptor);
    made_ = true;
    return {};
  }

  /// link(2) and not rename(2): what has come to stand there meanwhile is not overwritten.
  base::Result<void> finish() {
    if (link(path_.c_str(), final_.c_str()) != 0) {
      if (errno == EEXIST)
        return refused(base::ErrorCode::conflict, "The file " + final_.string() + " exists already.");
      return failed("The file " + final_.string() + " can't be made: " + words_for(errno) + ".");
    }
    return sync_folder(std::filesystem::absolute(final_).parent_path());
  }

 private:
  std::filesystem::path final_;
  std::filesystem::path path_;
  bool made_ = false;
};

/// One read transaction, so that what is written meanwhile neither gets in nor starts the copy anew.
base::Result<void> copy_pages(Connection& from, Connection& to) {
  sqlite3_backup* const backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) return failed("The copy can't be begun: " + std::string(sqlite3_errmsg(to.handle())) + ".");
  const int stepped = sqlite3_backup_step(backup, all_pages);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  const int code = stepped != SQLITE_DONE ? stepped : finished;
  return failed("The copy failed: " + std::string(sqlite3_errstr(code)) + ".");
}

base::Result<void> copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
  TRY(auto source, Connection::open(from, Access::read_only));
  TRY(auto target, Connection::open(to, Access::read_write));
  TRY_VOID(target->execute("PRAGMA synchronous=EXTRA"));
  TRY_VOID(copy_pages(*source, *target));
  // A backup is one file, without a log beside it.
  return target->execute("PRAGMA journal_mode=DELETE");
}

base::Error unsound(const std::filesystem::path& file, const VerifyReport& report) {
  const Finding& first = report.findings.front();
  return failed("The data in " + file.string() + " is unsound: " + first.invariant + ": " + first.what + ".");
}

/// Of an Error that SQLite's words are the best of.
base::Error in_words(base::Error error, const std::filesystem::path& file) {
  if (error.code != base::ErrorCode::internal) return error;
  return failed("The file " + file.string() + " can't be used: " + error.detail + ".");
}

base::Result<VerifyReport> copy_and_check(const std::filesystem::path& from, const std::filesystem::path& to) {
  UnfinishedFile copy(to);
  TRY_VOID(copy.make());
  if (auto copied = copy_database(from, copy.path()); copied.has_error()) {
    return in_words(std::move(copied).error(), from);
  }
  TRY(VerifyReport report, verify_file(copy.path()));
  if (!report.sound()) return unsound(from, report);
  TRY_VOID(copy.finish());
  return report;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code unknown;
  return std::filesystem::exists(std::filesystem::symlink_status(path, unknown));
}

}  // namespace

base::Result<VerifyReport> back_up(const std::filesystem::path& folder, const std::filesystem::path& file) {
  const std::filesystem::path database = folder / database_name;
  if (!is_there(database)) return failed("There is no database in " + folder.string() + ".");
  if (is_there(file)) return refused(base::ErrorCode::conflict, "The file " + file.string() + " exists already.");
  return copy_and_check(database, file);
}

base::Result<VerifyReport> restore(const std::filesystem::path& file, const std::filesystem::path& folder) {
  if (!is_there(file)) return failed("There is no file " + file.string() + ".");
  TRY_VOID(make_folder(folder));
  TRY(const FolderLock lock, lock_folder(folder));
  const std::filesystem::path database = folder / database_name;
  // A log that belonged to another database would be played into this one.
  for (const char* const suffix : {"", "-wal", "-journal"}) {
    const std::filesystem::path present = database.string() + suffix;
    if (!is_there(present)) continue;
    return refused(base::ErrorCode::conflict,
                   "There is a " + present.string() + " already; restore to a new folder, or move the old one away.");
  }
  return copy_and_check(file, database);
}

}  // namespace parley::store::sqlite
