#pragma once
// What the harnesses share: properties that end the process where they don't hold, and inputs cut into pieces.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

/// Ends the process, which libFuzzer reports with the input, unless the condition holds.
#define PROPERTY(...)                                                                                    \
  do {                                                                                                   \
    if (!(__VA_ARGS__)) {                                                                                \
      std::fprintf(stderr, "%s:%d: the property does not hold: %s\n", __FILE__, __LINE__, #__VA_ARGS__); \
      __builtin_trap();                                                                                  \
    }                                                                                                    \
  } while (false)

namespace parley::fuzz {

using Pieces = std::vector<std::string_view>;

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};  // NOLINT: bytes are bytes
}

inline Pieces byte_by_byte(std::string_view bytes) {
  Pieces pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  return pieces;
}

/// Pieces whose lengths are what the bytes at their beginnings say, so that seeds are plain texts and the fuzzer has
/// the splits in its hand all the same.
inline Pieces as_the_bytes_say(std::string_view bytes) {
  Pieces pieces;
  while (!bytes.empty()) {
    const std::size_t length = 1 + static_cast<unsigned char>(bytes.front()) % 41;
    pieces.push_back(bytes.substr(0, length));
    bytes.remove_prefix(pieces.back().size());
  }
  return pieces;
}

}  // namespace parley::fuzz
