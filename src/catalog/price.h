#pragma once
// What a turn costs: the same for each, or by usage.

#include <cstdint>
#include <variant>

#include "base/tokens.h"
#include "catalog/usage.h"

namespace parley::catalog {

/// The same for every turn.
struct FlatPrice {
  base::Tokens per_turn;
};

/// Tokens for 1,000 model tokens read and written: their sum rounded up, at least the minimum. None is negative.
struct UsagePrice {
  base::Tokens input_per_1000;
  base::Tokens output_per_1000;
  base::Tokens minimum;
};

using Price = std::variant<FlatPrice, UsagePrice>;

/// What such a turn costs; what is beyond the range of Tokens is their maximum.
base::Tokens charge_for(const Price& price, const Usage& usage) noexcept;

/// The most output, in model tokens, whose charge is at most `budget` after that much input; at least 0.
std::int64_t output_for(const UsagePrice& price, std::int64_t input_model_tokens, base::Tokens budget) noexcept;

}  // namespace parley::catalog
