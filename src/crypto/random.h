#pragma once
// Randomness that nobody can guess, from the kernel.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace parley::crypto {

/// Safe from any thread.
void fill_random(std::span<std::byte> bytes);

/// The characters of random_text().
inline constexpr std::size_t random_text_size = 22;

/// A secret of 128 random bits in base64url without padding (RFC 4648, section 5).
std::string random_text();

/// Whether `text` could be random_text()'s: its size, its alphabet, and no bits beyond the 128.
bool is_random_text(std::string_view text) noexcept;

}  // namespace parley::crypto
