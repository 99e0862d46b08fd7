#pragma once
// What the database has of the accounts that were raced.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/store.h"

namespace parley::prove {

struct EntryRow {
  bool charge = false;
  std::int64_t amount = 0;
  std::int64_t balance_after = 0;
  std::int64_t turn = 0;  ///< of a charge
};

struct TurnRow {
  std::int64_t turn = 0;
  std::string message;
  std::string response;
};

struct AccountRows {
  std::vector<EntryRow> entries;  ///< oldest first
  std::vector<TurnRow> turns;     ///< that the entries and the list of conversations lead to
};

/// One for each credential, in their order. No server may have the folder.
base::Result<std::vector<AccountRows>> read_rows(const std::filesystem::path& folder,
                                                 const std::vector<store::Presented>& credentials);

}  // namespace parley::prove
