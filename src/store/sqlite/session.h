#pragma once
// What an operation works with: the tables and the books, changed together and committed or undone together.

#include <memory>
#include <optional>

#include "base/clock.h"
#include "store/sqlite/books.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/conversation_records.h"
#include "store/sqlite/records.h"

namespace parley::store::sqlite {

/// For the writer's thread alone. A round is what happens between two calls of commit() or undo().
class Session {
 public:
  static base::Result<std::unique_ptr<Session>> open(std::unique_ptr<Connection> connection, const base::Clock& clock,
                                                     std::size_t accounts_max);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Records& records() noexcept { return records_; }
  ConversationRecords& conversations() noexcept { return conversations_; }
  Books& books() noexcept { return books_; }
  Connection& connection() noexcept { return *connection_; }
  base::Timestamp now() const noexcept { return clock_.now(); }

  /// To be called before the first write of an operation, once all is checked: begins the round's transaction where
  /// none is begun yet. A round that writes nothing costs none.
  base::Result<void> begin_write();

  /// Commits the round. Where it can't be, undo() is to follow and the connection has the failure.
  bool commit();
  void undo();

 private:
  Session(std::unique_ptr<Connection> connection, Records records, ConversationRecords conversations,
          const base::Clock& clock, std::size_t accounts_max, std::int64_t last_entry_id);

  std::unique_ptr<Connection> connection_;
  Records records_;
  ConversationRecords conversations_;
  Books books_;
  const base::Clock& clock_;
  Statement begin_;
  Statement commit_;
};

}  // namespace parley::store::sqlite
