#include "store/sqlite/statement.h"

namespace parley::store::sqlite {

base::Result<bool> Rows::step() {
  const int code = bound_ == SQLITE_OK ? sqlite3_step(statement_) : bound_;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_.note(code, sqlite3_sql(statement_));
}

std::string_view Rows::text(int column) const noexcept {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Rows::blob(int column) const noexcept {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

base::Result<Statement> Statement::prepare(Connection& connection, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return connection.note(code, sql);
  return Statement(connection, statement);
}

// A null pointer would bind NULL; the length, not a NUL, ends a text.
int Statement::bind(int index, std::string_view value) noexcept {
  return sqlite3_bind_text64(statement_, index, value.data() == nullptr ? "" : value.data(), value.size(),
                             SQLITE_STATIC, SQLITE_UTF8);
}

int Statement::bind(int index, std::span<const std::byte> value) noexcept {
  return sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC);
}

}  // namespace parley::store::sqlite
