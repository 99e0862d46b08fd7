#include "store/sqlite/space_probe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "store/sqlite/migrations.h"

namespace parley::store::sqlite {
namespace {

bool file_fits(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return false;
  const bool fits = posix_fallocate(descriptor, 0, probe_file_bytes) == 0;
  close(descriptor);
  unlink(file.c_str());
  return fits;
}

}  // namespace

bool has_room(Connection& connection, const std::filesystem::path& probe_file) {
  const std::string same_version = "PRAGMA user_version=" + std::to_string(schema_version());
  return file_fits(probe_file) && connection.execute(same_version.c_str()).has_value();
}

}  // namespace parley::store::sqlite
