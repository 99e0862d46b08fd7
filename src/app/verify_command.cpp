#include "app/verify_command.h"

#include <cstdio>

#include "store/sqlite/verify.h"

namespace parley::app {
namespace {

void print_sum(const char* name, const std::optional<base::Tokens>& sum) {
  if (sum) {
    std::printf("  %-16s %lld\n", name, static_cast<long long>(sum->count()));
  } else {
    std::printf("  %-16s out of range\n", name);
  }
}

void print(const store::VerifyReport& report) {
  const auto figure = [](const char* name, std::int64_t count) {
    std::printf("  %-16s %lld\n", name, static_cast<long long>(count));
  };
  std::printf("checked\n");
  figure("accounts", report.accounts);
  figure("entries", report.entries);
  figure("charges", report.charges);
  figure("turns", report.turns);
  print_sum("sum of entries", report.sum_of_entries);
  print_sum("sum of balances", report.sum_of_balances);
  for (const store::Finding& finding : report.findings) {
    std::printf("unsound: %s: %s\n", finding.invariant.c_str(), finding.what.c_str());
  }
  if (report.sound()) {
    std::printf(
        "sound: sequences and balances without gaps, digests chained, no balance negative, "
        "one charge for each turn and one turn for each charge, sums equal\n");
  } else {
    std::printf("unsound: %lld findings\n", static_cast<long long>(report.findings_total));
  }
}

}  // namespace

int run_verify(const std::filesystem::path& folder) {
  const auto report = store::sqlite::verify(folder);
  if (report.has_error()) {
    std::fprintf(stderr, "parley: %s\n", report.error().message.c_str());
    return 1;
  }
  print(*report);
  return report->sound() ? 0 : 1;
}

}  // namespace parley::app
