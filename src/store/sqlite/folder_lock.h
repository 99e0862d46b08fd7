#pragma once
// The data folder: made with care, and written by one process at a time.

#include <filesystem>
#include <utility>

#include "base/error.h"

namespace parley::store::sqlite {

/// Has what was made and removed in the folder survive a power cut.
base::Result<void> sync_folder(const std::filesystem::path& folder);

/// Makes the folder where it is missing, for its owner alone (0700), and sees to it that a power cut does not lose it.
base::Result<void> make_folder(const std::filesystem::path& folder);

/// Makes an empty file for its owner alone (0600) where it is missing. SQLite gives its -wal and -shm the same mode.
base::Result<void> make_file(const std::filesystem::path& file);

/// The right to write in a folder, until it is destroyed or the process ends. A child does not inherit it.
class FolderLock {
 public:
  explicit FolderLock(int descriptor) noexcept : descriptor_(descriptor) {}
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FolderLock();

 private:
  int descriptor_;
};

/// flock(2) on `<folder>/lock`, which holds the owner's process id for people to read. `conflict`, with a sentence that
/// names the process, where somebody else has it; `store_unavailable` where it can't be locked at all.
base::Result<FolderLock> lock_folder(const std::filesystem::path& folder);

}  // namespace parley::store::sqlite
