#pragma once
// How verify goes through a table: in short transactions, so that a live server's log can be carried over in between.

#include <cstdint>
#include <limits>

namespace parley::store::sqlite {

/// How many rows one transaction reads: a few milliseconds.
inline constexpr std::int64_t rows_per_transaction = 5'000;
/// Below every id and sequence.
inline constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();

}  // namespace parley::store::sqlite
