#pragma once
// `parley backup` and `parley restore`: print what was copied, in figures.

#include <filesystem>

namespace parley::app {

/// Returns the exit code: 0 where the backup is there and sound, else 1.
int run_backup(const std::filesystem::path& folder, const std::filesystem::path& file);

/// Returns the exit code: 0 where the database is there and sound, else 1.
int run_restore(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace parley::app
