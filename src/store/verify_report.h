#pragma once
// What checking a stored ledger against its invariants brought to light.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/tokens.h"

namespace parley::store {

struct Finding {
  std::string invariant;  ///< which one is broken, in a few words
  std::string what;       ///< where, by ids; never a name or a text
};

struct VerifyReport {
  static constexpr std::size_t findings_kept_max = 100;

  std::int64_t accounts = 0;
  std::int64_t entries = 0;
  std::int64_t turns = 0;
  std::int64_t charges = 0;
  /// Nothing where the sum leaves the range of exact numbers.
  std::optional<base::Tokens> sum_of_entries = base::Tokens();
  std::optional<base::Tokens> sum_of_balances = base::Tokens();
  std::int64_t findings_total = 0;
  std::vector<Finding> findings;  ///< the first of them

  bool sound() const noexcept { return findings_total == 0; }

  void add(Finding finding) {
    ++findings_total;
    if (findings.size() < findings_kept_max) findings.push_back(std::move(finding));
  }
};

}  // namespace parley::store
