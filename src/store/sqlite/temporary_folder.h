#pragma once
// A folder for one test, gone when the test is. In memory where the machine has such a place: tests commit a lot.

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace parley::store::sqlite {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    const bool in_memory = std::filesystem::is_directory("/dev/shm");
    std::string pattern = (in_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/parley-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace parley::store::sqlite
