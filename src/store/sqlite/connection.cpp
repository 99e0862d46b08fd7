#include "store/sqlite/connection.h"

#include <cerrno>
#include <string>

#include "store/sqlite/statement.h"

namespace parley::store::sqlite {

base::Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file, Access access,
                                                           const char* vfs) {
  const int mode = access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (code != SQLITE_OK) {
    return base::Error{.code = base::ErrorCode::store_unavailable,
                       .message = "The database " + file.string() + " can't be opened.",
                       .detail = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code),
                       .retry_after = {}};
  }
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  TRY_VOID(connection->execute("PRAGMA wal_autocheckpoint=0; PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON"));
  return connection;
}

Connection::~Connection() {
  sqlite3_close_v2(handle_);
}

base::Result<void> Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return note(code, sql);
  return {};
}

base::Result<std::int64_t> Connection::number(const char* sql) {
  TRY(Statement statement, Statement::prepare(*this, sql));
  Rows rows = statement.start();
  TRY(const bool found, rows.step());
  return found ? rows.integer(0) : 0;
}

base::Error Connection::note(int code, const char* sql) {
  std::string what = std::string(sqlite3_errmsg(handle_)) + " (" + std::to_string(code) + ") in: " + sql;
  // A quota that is used up is a full disk by another name.
  if (code == SQLITE_IOERR_WRITE && sqlite3_system_errno(handle_) == EDQUOT) code = SQLITE_FULL;
  fail({.extended_code = code, .what = what});
  return base::internal_error(std::move(what));
}

void Connection::fail(Failure failure) {
  if (!failure_) failure_ = std::move(failure);
}

}  // namespace parley::store::sqlite
