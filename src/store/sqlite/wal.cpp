#include "store/sqlite/wal.h"

namespace parley::store::sqlite {

Wal::Wal(Connection& connection, int frames_between_checkpoints)
    : connection_(connection), frames_between_checkpoints_(frames_between_checkpoints) {
  sqlite3_wal_hook(connection_.handle(), &Wal::committed, this);
}

Wal::~Wal() {
  sqlite3_wal_hook(connection_.handle(), nullptr, nullptr);
}

int Wal::committed(void* self, sqlite3*, const char*, int frames) noexcept {
  auto& wal = *static_cast<Wal*>(self);
  if (frames < wal.frames_) wal.due_at_frames_ = wal.frames_between_checkpoints_;  // the log began anew
  wal.frames_ = frames;
  return SQLITE_OK;
}

base::Result<void> Wal::checkpoint() {
  due_at_frames_ = frames_ + frames_between_checkpoints_;
  const int code =
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) return connection_.note(code, "checkpoint (PASSIVE)");
  return {};
}

base::Result<void> Wal::truncate() {
  const int code =
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) return connection_.note(code, "checkpoint (TRUNCATE)");
  return {};
}

}  // namespace parley::store::sqlite
