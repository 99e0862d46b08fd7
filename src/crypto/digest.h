#pragma once
// BLAKE2b-256 (RFC 7693), and comparison in constant time.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace parley::crypto {

using Digest = std::array<std::byte, 32>;

/// BLAKE2b with a 32-byte output and no key. Enough for secrets of 128 random bits or more; passwords go to Argon2id.
Digest digest_of(std::span<const std::byte> bytes) noexcept;
Digest digest_of(std::string_view text) noexcept;

/// Takes the same time wherever they differ.
bool equal(const Digest& left, const Digest& right) noexcept;

}  // namespace parley::crypto
