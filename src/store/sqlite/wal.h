#pragma once
// The write-ahead log's growth, and when it is carried over into the database file.

#include "store/sqlite/connection.h"

namespace parley::store::sqlite {

/// Watches the commits of the one connection that writes. That connection alone checkpoints: see Connection.
class Wal {
 public:
  Wal(Connection& connection, int frames_between_checkpoints);
  Wal(const Wal&) = delete;
  Wal& operator=(const Wal&) = delete;
  ~Wal();

  /// True where the log has grown enough since the last checkpoint.
  bool checkpoint_due() const noexcept { return frames_ >= due_at_frames_; }

  /// A PASSIVE checkpoint: waits for nobody, and leaves what a reader still needs. A failure's severity is the
  /// connection's to tell; `busy` is none.
  base::Result<void> checkpoint();

  /// A TRUNCATE checkpoint, for the end.
  base::Result<void> truncate();

 private:
  static int committed(void* self, sqlite3* connection, const char* database, int frames) noexcept;

  Connection& connection_;
  const int frames_between_checkpoints_;
  int frames_ = 0;  ///< in the log after the last commit
  int due_at_frames_ = frames_between_checkpoints_;
};

}  // namespace parley::store::sqlite
