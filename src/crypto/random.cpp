#include "crypto/random.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "crypto/init.h"

namespace parley::crypto {
namespace {

constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::size_t secret_bytes = 16;

bool in_alphabet(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

void fill_random(std::span<std::byte> bytes) {
  init();
  randombytes_buf(bytes.data(), bytes.size());
}

std::string random_text() {
  std::array<std::byte, secret_bytes> secret;  // NOLINT: filled by the next line
  fill_random(secret);
  std::string text(sodium_base64_ENCODED_LEN(secret_bytes, variant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                    variant);
  text.pop_back();  // its final NUL
  return text;
}

bool is_random_text(std::string_view text) noexcept {
  // 22 characters are 132 bits; the last four are zero.
  return text.size() == random_text_size && std::ranges::all_of(text, in_alphabet) &&
         std::string_view("AQgw").find(text.back()) != std::string_view::npos;
}

}  // namespace parley::crypto
