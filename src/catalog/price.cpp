#include "catalog/price.h"

#include <algorithm>
#include <limits>

namespace parley::catalog {
namespace {

constexpr std::int64_t unit = 1'000;
constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();

std::int64_t product(std::int64_t count, std::int64_t price) noexcept {
  std::int64_t result = 0;
  return __builtin_mul_overflow(count, price, &result) ? endless : result;
}

std::int64_t sum(std::int64_t one, std::int64_t other) noexcept {
  std::int64_t result = 0;
  return __builtin_add_overflow(one, other, &result) ? endless : result;
}

base::Tokens charge_for(const UsagePrice& price, const Usage& usage) noexcept {
  const std::int64_t thousandths = sum(product(usage.input_model_tokens, price.input_per_1000.count()),
                                       product(usage.output_model_tokens, price.output_per_1000.count()));
  const std::int64_t rounded_up = thousandths / unit + (thousandths % unit > 0 ? 1 : 0);
  const auto charge = base::Tokens::from(std::min(rounded_up, base::Tokens::count_max));
  return std::max(charge.value_or(base::Tokens()), price.minimum);
}

}  // namespace

base::Tokens charge_for(const Price& price, const Usage& usage) noexcept {
  if (const auto* flat = std::get_if<FlatPrice>(&price)) return flat->per_turn;
  return charge_for(*std::get_if<UsagePrice>(&price), usage);
}

// Rounded up, a sum of thousandths is at most a whole number exactly where the sum itself is.
std::int64_t output_for(const UsagePrice& price, std::int64_t input_model_tokens, base::Tokens budget) noexcept {
  if (price.minimum > budget) return 0;
  const std::int64_t left = product(budget.count(), unit) - product(input_model_tokens, price.input_per_1000.count());
  if (left < 0) return 0;
  return price.output_per_1000.count() == 0 ? endless : left / price.output_per_1000.count();
}

}  // namespace parley::catalog
