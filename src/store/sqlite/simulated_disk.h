#pragma once
// A disk in memory, for SQLite, that fails on cue and loses its power: what was not synced may be gone or torn.
//
// What it takes from a real one: a write is durable once its file was synced after it, and not before; until then any
// of its 512-byte sectors may or may not have arrived, in any order (torn pages). What it takes from POSIX: a file's
// creation or removal is durable once the folder was synced: SQLite does that with the first sync of a log or journal
// that it made. Shared memory is gone with the power.

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace parley::store::sqlite {

/// What of the disk is called, each counted by itself.
enum class DiskCall { read, write, truncate, sync, remove, open, lock, count };

/// How a call fails.
enum class DiskFault {
  none,
  io_error,     ///< SQLITE_IOERR_…, nothing is done
  short_write,  ///< half of the bytes are written, then SQLITE_IOERR_WRITE
  full,         ///< SQLITE_FULL, nothing is done
  locked        ///< SQLITE_BUSY
};

/// What becomes of what was written and not synced when the power goes.
enum class Loss { all, torn, nothing };

/// Registered with SQLite under name() while it lives; outlives every connection on it. Safe from any thread.
class SimulatedDisk {
 public:
  static constexpr std::size_t sector_bytes = 512;

  SimulatedDisk();
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;
  ~SimulatedDisk();

  const char* name() const noexcept { return name_.c_str(); }

  /// How often it was called so far.
  std::int64_t calls(DiskCall call) const;
  /// The n-th call from now (the next is 1) fails, once, or from then on until repair().
  void fail(DiskCall call, std::int64_t n, DiskFault fault, bool until_repaired);
  void repair();
  /// True once a call has failed as fail() wanted, or the power was cut.
  bool has_failed() const;

  /// The power goes instead of the n-th call from now that would change something.
  void cut_power_at(std::int64_t n);
  /// From now on every call fails.
  void cut_power();
  /// Files that are open stay dead; what is opened from now on is what the loss left. The same seed tears the same way.
  void restore_power(Loss loss, std::uint32_t seed = 0);

 private:
  friend struct DiskMethods;

  struct Change {
    std::size_t offset = 0;
    std::vector<std::byte> bytes;         ///< written there
    std::optional<std::size_t> truncate;  ///< or: cut to this size
  };
  struct ShmLock {
    int shared = 0;
    bool exclusive = false;
  };
  struct File {
    std::vector<std::byte> bytes;
    std::vector<std::byte> durable;
    std::vector<Change> unsynced;
    bool exists = false;
    bool exists_durably = false;
    int shared_locks = 0;
    const void* reserved = nullptr;
    const void* exclusive = nullptr;
    std::vector<std::unique_ptr<std::array<std::byte, 32'768>>> shm;
    std::array<ShmLock, SQLITE_SHM_NLOCK> shm_locks{};
  };
  struct Plan {
    std::int64_t at = 0;
    DiskFault fault = DiskFault::none;
    bool until_repaired = false;
  };

  /// Creations and removals are durable. With the lock held.
  void sync_folder();
  static void apply(std::vector<std::byte>& bytes, const Change& change);
  static void tear(std::vector<std::byte>& bytes, const Change& change, std::uint32_t& random);
  static void lose(File& file, Loss loss, std::uint32_t& random);
  /// Counts the call and says how it fails. With the lock held.
  DiskFault next(DiskCall call);
  bool changes_something(DiskCall call) const noexcept;

  std::string name_;
  sqlite3_vfs vfs_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::array<std::int64_t, static_cast<std::size_t>(DiskCall::count)> calls_{};
  std::array<Plan, static_cast<std::size_t>(DiskCall::count)> plans_{};
  std::int64_t changes_ = 0;
  std::int64_t cut_at_ = 0;
  int power_cycles_ = 0;  ///< a handle is dead where it was opened in an earlier one
  bool powered_ = true;
  bool failed_ = false;
};

}  // namespace parley::store::sqlite
