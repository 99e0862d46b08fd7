#include "crypto/digest.h"

#include <sodium.h>

namespace parley::crypto {

Digest digest_of(std::span<const std::byte> bytes) noexcept {
  Digest digest{};
  crypto_generichash(reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr, 0);
  return digest;
}

Digest digest_of(std::string_view text) noexcept {
  return digest_of(std::as_bytes(std::span(text.data(), text.size())));
}

bool equal(const Digest& left, const Digest& right) noexcept {
  return sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace parley::crypto
