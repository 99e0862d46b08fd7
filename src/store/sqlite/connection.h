#pragma once
// One connection to an SQLite file, and the first thing that went wrong on it.

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.h"
#include "store/sqlite/failure.h"

namespace parley::store::sqlite {

enum class Access { read_only, read_write };

/// For one thread at a time. Never checkpoints by itself, neither after commits nor when it is closed: automatic
/// checkpoints hide failing fsyncs, and two connections that checkpoint trip over the WAL-reset bug of SQLite
/// 3.7.0–3.51.2 (https://www.sqlite.org/wal.html#walresetbug).
class Connection {
 public:
  static constexpr std::chrono::milliseconds busy_timeout{2000};

  /// Opens an existing file. `vfs` is null for the operating system's own. `store_unavailable`, with a sentence for the
  /// operator.
  static base::Result<std::unique_ptr<Connection>> open(const std::filesystem::path& file, Access access,
                                                        const char* vfs = nullptr);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  sqlite3* handle() noexcept { return handle_; }
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }

  /// Runs statements that have no values and whose rows don't matter.
  base::Result<void> execute(const char* sql);
  /// The first column of the first row, 0 where there is none.
  base::Result<std::int64_t> number(const char* sql);

  /// Turns what the last call on this connection reported into an Error (`internal`), and keeps it as the failure where
  /// there is none yet.
  base::Error note(int code, const char* sql);
  /// Keeps what is no SQLite error as the failure.
  void fail(Failure failure);
  /// The first failure since the last take_failure(), whatever became of the Error it was reported as.
  bool failed() const noexcept { return failure_.has_value(); }
  std::optional<Failure> take_failure() noexcept { return std::exchange(failure_, std::nullopt); }

 private:
  explicit Connection(sqlite3* handle) noexcept : handle_(handle) {}

  sqlite3* handle_;
  std::optional<Failure> failure_;
};

}  // namespace parley::store::sqlite
