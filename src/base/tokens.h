#pragma once
// The unit of the balance. What a model counts is *usage*, in model tokens, and has nothing to do with this type.

#include <compare>
#include <cstdint>
#include <optional>

namespace parley::base {

/// An amount of tokens: a whole number in ±(2^53 − 1), the range in which every JSON reader keeps it exact.
/// Arithmetic is checked: what leaves the range is no amount. Never a floating-point number.
class Tokens {
 public:
  static constexpr std::int64_t count_max = (std::int64_t{1} << 53) - 1;

  constexpr Tokens() = default;

  /// The amount, or nothing where `count` is out of range.
  static constexpr std::optional<Tokens> from(std::int64_t count) noexcept {
    if (count > count_max || count < -count_max) return std::nullopt;
    return Tokens(count);
  }

  constexpr std::int64_t count() const noexcept { return count_; }
  constexpr bool negative() const noexcept { return count_ < 0; }

  /// Two amounts in range cannot overflow 64 bits, so the sum is exact before it is checked.
  constexpr std::optional<Tokens> plus(Tokens other) const noexcept { return from(count_ + other.count_); }
  constexpr std::optional<Tokens> minus(Tokens other) const noexcept { return from(count_ - other.count_); }
  constexpr Tokens negated() const noexcept { return Tokens(-count_); }

  friend constexpr auto operator<=>(Tokens, Tokens) = default;

  friend consteval Tokens operator""_tokens(unsigned long long count);

 private:
  explicit constexpr Tokens(std::int64_t count) : count_(count) {}
  std::int64_t count_ = 0;
};

/// A literal amount: 100_tokens. Out of range does not compile.
consteval Tokens operator""_tokens(unsigned long long count) {
  if (count > static_cast<unsigned long long>(Tokens::count_max)) throw "out of range";
  return Tokens(static_cast<std::int64_t>(count));
}

}  // namespace parley::base
