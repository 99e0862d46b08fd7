#pragma once
// `parley verify`: prints what was checked, in figures, and what is wrong.

#include <filesystem>

namespace parley::app {

/// Returns the exit code: 0 sound, 1 unsound or unreadable.
int run_verify(const std::filesystem::path& folder);

}  // namespace parley::app
