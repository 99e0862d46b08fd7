#include "store/sqlite/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace parley::store::sqlite {
namespace {

base::Error failed(std::string message, int error_number) {
  return {.code = base::ErrorCode::store_unavailable,
          .message = std::move(message),
          .detail = std::generic_category().message(error_number),
          .retry_after = {}};
}

/// The process id in the lock file, or "unknown".
std::string owner_in(int descriptor) {
  std::array<char, 20> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  std::string_view owner(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  owner = owner.substr(0, owner.find_first_not_of("0123456789"));
  return owner.empty() ? "unknown" : std::string(owner);
}

}  // namespace

base::Result<void> sync_folder(const std::filesystem::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
  const int error_number = errno;
  if (descriptor >= 0) close(descriptor);
  if (!synced) return failed("The folder " + folder.string() + " can't be synced.", error_number);
  return {};
}

base::Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(folder / "", error).parent_path();
  if (std::filesystem::is_directory(absolute, error)) return {};
  std::filesystem::create_directories(absolute.parent_path(), error);
  if (mkdir(absolute.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return failed("The folder " + absolute.string() + " can't be made.", errno);
  }
  return sync_folder(absolute.parent_path());
}

base::Result<void> make_file(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return failed("The file " + file.string() + " can't be opened for writing.", errno);
  close(descriptor);
  return sync_folder(file.parent_path());
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

base::Result<FolderLock> lock_folder(const std::filesystem::path& folder) {
  const auto file = folder / "lock";
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return failed("The lock file " + file.string() + " can't be opened.", errno);
  FolderLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("The folder " + folder.string() + " can't be locked.", errno);
    base::Error in_use =
        failed("The folder " + folder.string() + " is in use by another parley (pid " + owner_in(descriptor) + ").",
               EWOULDBLOCK);
    in_use.code = base::ErrorCode::conflict;
    return in_use;
  }
  const std::string owner = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, owner.data(), owner.size(), 0) < 0) {
    return failed("The lock file " + file.string() + " can't be written.", errno);
  }
  return lock;
}

}  // namespace parley::store::sqlite
