#include "store/sqlite/wal_index.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <system_error>

#include "base/log.h"

namespace parley::store::sqlite {

WalIndexRoom WalIndexRoom::take(const std::filesystem::path& database) {
  const std::string file = database.string() + "-shm";
  const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  const int failed = descriptor < 0 ? errno : posix_fallocate(descriptor, 0, wal_index_bytes);
  if (failed != 0) {
    base::log(base::LogLevel::warning, "store_no_room_for_wal_index",
              {{"file", file}, {"why", std::generic_category().message(failed)}});
  }
  return WalIndexRoom(descriptor);
}

WalIndexRoom::~WalIndexRoom() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace parley::store::sqlite
