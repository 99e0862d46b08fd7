#pragma once
// `parley bench --prove`: the proof on a server of its own, in this process.

#include <cstdint>
#include <filesystem>

namespace parley::app {

struct BenchCommand {
  bool prove = false;
  std::uint32_t clients = 64;
  std::uint32_t accounts = 4;
  std::int64_t seconds = 10;
  std::filesystem::path data;  ///< empty: a temporary folder
};

/// Returns the exit code: 0 all held, 1 something did not or the proof failed, 2 misused.
int run_bench(const BenchCommand& command);

}  // namespace parley::app
