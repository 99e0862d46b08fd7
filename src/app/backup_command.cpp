#include "app/backup_command.h"

#include <cstdio>

#include "store/sqlite/backup.h"

namespace parley::app {
namespace {

int tell(const char* done, const std::filesystem::path& to, const base::Result<store::VerifyReport>& report) {
  if (report.has_error()) {
    std::fprintf(stderr, "parley: %s\n", report.error().message.c_str());
    return 1;
  }
  std::printf("%s %s\n  %-16s %lld\n  %-16s %lld\n  %-16s %lld\n  verified         sound\n", done, to.c_str(),
              "accounts", static_cast<long long>(report->accounts), "entries", static_cast<long long>(report->entries),
              "turns", static_cast<long long>(report->turns));
  return 0;
}

}  // namespace

int run_backup(const std::filesystem::path& folder, const std::filesystem::path& file) {
  return tell("backed up to", file, store::sqlite::back_up(folder, file));
}

int run_restore(const std::filesystem::path& file, const std::filesystem::path& folder) {
  return tell("restored to", folder, store::sqlite::restore(file, folder));
}

}  // namespace parley::app
