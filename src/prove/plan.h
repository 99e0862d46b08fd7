#pragma once
// How large the proof is.

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace parley::prove {

struct Plan {
  std::uint32_t clients = 64;
  std::uint32_t accounts = 4;
  std::chrono::seconds duration{10};
  std::filesystem::path folder;  ///< of the server's data

  std::int64_t price = 100;              ///< of a chat, in tokens
  std::int64_t opening_balance = 4'000;  ///< of an account: soon spent
};

}  // namespace parley::prove
