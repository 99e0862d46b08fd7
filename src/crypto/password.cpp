#include "crypto/password.h"

#include <sodium.h>

#include <array>
#include <charconv>
#include <optional>

#include "crypto/init.h"

namespace parley::crypto {
namespace {

constexpr std::size_t bytes_per_kib = 1024;
constexpr std::size_t salt_characters = 22;
constexpr std::size_t tag_characters = 43;
constexpr std::string_view prefix = "$argon2id$v=19$m=";

/// A PHC string, taken apart.
struct Hash {
  PasswordCost cost;
  std::array<unsigned char, crypto_pwhash_argon2id_SALTBYTES> salt{};
  std::array<unsigned char, 32> tag{};
};

std::size_t memory_bytes(PasswordCost cost) {
  return bytes_per_kib * cost.memory_kib;
}

base::Error out_of_memory() {
  return {.code = base::ErrorCode::overloaded,
          .message = "The server is busy; try again shortly.",
          .detail = "no memory for Argon2id",
          .retry_after = std::chrono::seconds(1)};
}

/// Moves past `literal` at the start of `text`, if it is there.
bool skip(std::string_view& text, std::string_view literal) {
  if (!text.starts_with(literal)) return false;
  text.remove_prefix(literal.size());
  return true;
}

bool read_number(std::string_view& text, std::uint32_t& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return failure == std::errc();
}

template <std::size_t size>
bool read_base64(std::string_view& text, std::size_t characters, std::array<unsigned char, size>& bytes) {
  std::size_t read = 0;
  const bool whole =
      text.size() >= characters && sodium_base642bin(bytes.data(), size, text.data(), characters, nullptr, &read,
                                                     nullptr, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;
  if (!whole || read != size) return false;
  text.remove_prefix(characters);
  return true;
}

std::optional<Hash> parse_hash(std::string_view text) {
  Hash hash;
  const bool whole = skip(text, prefix) && read_number(text, hash.cost.memory_kib) && skip(text, ",t=") &&
                     read_number(text, hash.cost.passes) && skip(text, ",p=1$") &&
                     read_base64(text, salt_characters, hash.salt) && skip(text, "$") &&
                     read_base64(text, tag_characters, hash.tag) && text.empty();
  if (!whole) return std::nullopt;
  return hash;
}

}  // namespace

base::Result<std::string> hash_password(std::string_view password, PasswordCost cost) {
  init();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  const int failed = crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), cost.passes,
                                           memory_bytes(cost), crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) return out_of_memory();
  return std::string(hash.data());
}

// Not crypto_pwhash_str_verify: libsodium 1.0.18 answers want of memory and a wrong password alike, errno included.
base::Result<bool> verify_password(std::string_view hash, std::string_view password) {
  init();
  const auto expected = parse_hash(hash);
  if (!expected) return base::internal_error("a stored password hash is no Argon2id hash");
  std::array<unsigned char, 32> tag{};
  const int failed = crypto_pwhash_argon2id(tag.data(), tag.size(), password.data(), password.size(),
                                            expected->salt.data(), expected->cost.passes, memory_bytes(expected->cost),
                                            crypto_pwhash_argon2id_ALG_ARGON2ID13);
  if (failed != 0) return out_of_memory();
  return sodium_memcmp(tag.data(), expected->tag.data(), tag.size()) == 0;
}

bool needs_rehash(std::string_view hash, PasswordCost cost) {
  const auto parsed = parse_hash(hash);
  return !parsed || parsed->cost != cost;
}

std::string decoy_hash(PasswordCost cost) {
  return std::string(prefix) + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) + ",p=1$" +
         std::string(salt_characters, 'A') + "$" + std::string(tag_characters, 'A');
}

}  // namespace parley::crypto
