#pragma once
// SQLite on a disk that misbehaves on cue: the operating system's own VFS, with faults in between.

#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

namespace parley::store::sqlite {

/// Registered with SQLite under name() while it lives, and outlives every connection that uses it. Faults and gate are
/// safe to set from any thread.
class FaultVfs {
 public:
  static constexpr int no_fault = 0;

  FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  ~FaultVfs();

  const char* name() const noexcept { return name_.c_str(); }

  /// What every write and sync answers from now on (SQLITE_FULL, SQLITE_IOERR_WRITE, …), or no_fault.
  std::atomic<int> write_fault{no_fault};
  std::atomic<int> sync_fault{no_fault};
  /// How many syncs were asked for.
  std::atomic<int> syncs{0};

  /// Keeps every sync waiting until open_gate().
  void close_gate();
  /// Waits until a sync waits.
  void await_sync_at_gate();
  void open_gate();

  /// For the file methods.
  int before_write() noexcept { return write_fault; }
  int before_sync() noexcept;

 private:
  static int open_file(sqlite3_vfs* vfs, const char* file, sqlite3_file* opened, int flags, int* flags_out);

  std::string name_;
  sqlite3_vfs vfs_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool gate_closed_ = false;
  int waiting_ = 0;
};

}  // namespace parley::store::sqlite
