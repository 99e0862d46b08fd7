#pragma once
// What a test does to a database behind the keeper's back.

#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "store/sqlite/keeper.h"

namespace parley::store::sqlite {

/// A connection without any of the keeper's care: constraints are off, and the schema may be written.
class RawDatabase {
 public:
  explicit RawDatabase(const std::filesystem::path& folder) {
    check(sqlite3_open((folder / database_name).c_str(), &handle_));
    sqlite3_busy_timeout(handle_, 2000);
    run("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON");
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  ~RawDatabase() { sqlite3_close_v2(handle_); }

  void run(const std::string& sql) { check(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr)); }

  /// The first column of each row, blobs and texts as bytes.
  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> values;
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr));
    while (sqlite3_step(statement) == SQLITE_ROW) {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, 0));
      values.emplace_back(bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
    }
    sqlite3_finalize(statement);
    return values;
  }
  std::int64_t number(const std::string& sql) { return std::stoll(column(sql).at(0)); }

  sqlite3* handle() { return handle_; }

 private:
  void check(int code) const {
    if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle_));
  }

  sqlite3* handle_ = nullptr;
};

}  // namespace parley::store::sqlite
