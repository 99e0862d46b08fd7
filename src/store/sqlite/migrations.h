#pragma once
// The schema of the file, and the steps from every earlier one.

#include "base/error.h"
#include "store/sqlite/connection.h"

namespace parley::store::sqlite {

/// Marks the file as ours (https://www.sqlite.org/pragma.html#pragma_application_id): "Parl".
inline constexpr std::int64_t application_id = 0x5061726c;

/// The version that this program reads and writes, kept in PRAGMA user_version.
std::int64_t schema_version() noexcept;

/// Refuses a file of another program, and a schema newer than this program's: `store_unavailable`, with a sentence that
/// names both versions. An empty file is fine.
base::Result<void> check_schema(Connection& connection);

/// check_schema(), then brings the schema up to date, each step in a transaction of its own.
base::Result<void> migrate(Connection& connection);

}  // namespace parley::store::sqlite
