#pragma once
// Whether there is room again after the disk was full.

#include <filesystem>

#include "store/sqlite/connection.h"

namespace parley::store::sqlite {

/// What must fit beside the database before writing goes on. A commit alone proves nothing: a small one fits into the
/// space that the failed one has left in the log.
inline constexpr std::int64_t probe_file_bytes = 1 << 20;

/// Fills and removes `probe_file`, then commits one page. False where either can't be; the connection has the failure
/// of the commit.
bool has_room(Connection& connection, const std::filesystem::path& probe_file);

}  // namespace parley::store::sqlite
