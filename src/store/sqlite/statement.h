#pragma once
// A prepared statement, and one run of it.

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "store/sqlite/connection.h"

namespace parley::store::sqlite {

/// The rows of one run; the statement is reset when this ends. Columns count from 0 and may be read after a step() that
/// said true; views last until the next step().
class Rows {
 public:
  Rows(Connection& connection, sqlite3_stmt* statement, int bound) noexcept
      : connection_(connection), statement_(statement), bound_(bound) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { sqlite3_reset(statement_); }

  /// True where there is one more row. `internal` for whatever SQLite reports, which the connection also remembers.
  base::Result<bool> step();

  bool null(int column) const noexcept { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const noexcept;
  std::span<const std::byte> blob(int column) const noexcept;

 private:
  Connection& connection_;
  sqlite3_stmt* statement_;
  int bound_;  ///< the result code of binding the values
};

/// Prepared once and run many times; the connection outlives it.
class Statement {
 public:
  static base::Result<Statement> prepare(Connection& connection, const char* sql);
  Statement(Statement&& other) noexcept
      : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  /// Binds the values in order: integers, text, blobs, or NULL for an empty optional of these. Text and blobs aren't
  /// copied and must live as long as the Rows.
  template <class... Values>
  Rows start(const Values&... values) {
    int index = 0;
    int bound = SQLITE_OK;
    ((bound = bound == SQLITE_OK ? bind(++index, values) : bound), ...);
    return Rows(*connection_, statement_, bound);
  }

  /// Runs it to its end, for statements without rows.
  template <class... Values>
  base::Result<void> run(const Values&... values) {
    Rows rows = start(values...);
    TRY([[maybe_unused]] const bool more, rows.step());
    return {};
  }
  /// The rowid of the row that was inserted last on the connection.
  std::int64_t last_inserted() const noexcept { return sqlite3_last_insert_rowid(connection_->handle()); }

 private:
  Statement(Connection& connection, sqlite3_stmt* statement) noexcept
      : connection_(&connection), statement_(statement) {}

  int bind(int index, std::int64_t value) noexcept { return sqlite3_bind_int64(statement_, index, value); }
  int bind(int index, std::string_view value) noexcept;
  int bind(int index, std::span<const std::byte> value) noexcept;
  template <class Value>
  int bind(int index, const std::optional<Value>& value) noexcept {
    return value ? bind(index, *value) : sqlite3_bind_null(statement_, index);
  }

  Connection* connection_;
  sqlite3_stmt* statement_;
};

}  // namespace parley::store::sqlite
