#pragma once
// Room for the log's index, taken before it is needed.
//
// SQLite grows the -shm file in the middle of a commit, when the log's frames are already written. On a full disk that
// fails with an I/O error which is final, although the commit that was refused is in the log and comes back with the
// next start. With the index's room taken at the start, a full disk shows where it can be rolled back: in the log.

#include <cstdint>
#include <filesystem>
#include <utility>

namespace parley::store::sqlite {

/// Enough for about 260,000 frames, 1 GiB of log: more than a hundred times what a checkpoint leaves to gather.
inline constexpr std::int64_t wal_index_bytes = 2 << 20;

/// Keeps the file open: closing it while SQLite has it open would drop SQLite's locks (fcntl(2)). Destroy it after the
/// connection.
class WalIndexRoom {
 public:
  /// Takes the room in `<database>-shm`, which a connection must have open. Where there is none, logs a warning.
  static WalIndexRoom take(const std::filesystem::path& database);

  WalIndexRoom(WalIndexRoom&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  WalIndexRoom& operator=(WalIndexRoom&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~WalIndexRoom();

 private:
  explicit WalIndexRoom(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace parley::store::sqlite
