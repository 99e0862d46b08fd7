#pragma once
// Passwords at rest: Argon2id (RFC 9106), with the parameters of the OWASP Password Storage Cheat Sheet.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace parley::crypto {

/// What one hash costs, whoever computes it. One lane, as libsodium has it.
struct PasswordCost {
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t passes = 2;

  friend bool operator==(const PasswordCost&, const PasswordCost&) = default;
};

/// The PHC string "$argon2id$v=19$m=…,t=…,p=1$salt$tag", with a salt of its own. Blocks for tens of milliseconds: never
/// on an event loop. `overloaded` (with retry_after) where the memory is not to be had.
base::Result<std::string> hash_password(std::string_view password, PasswordCost cost = {});

/// Whether `hash` was made of `password`. Takes as long as the cost that the hash names, and blocks. `overloaded` as
/// above, so that want of memory never passes for a wrong password; `internal` where `hash` is no hash.
base::Result<bool> verify_password(std::string_view hash, std::string_view password);

/// Whether the hash was made at another cost.
bool needs_rehash(std::string_view hash, PasswordCost cost = {});

/// A hash that no password matches, and that costs as much to verify: what an unknown user is checked against, so that
/// time doesn't tell who is unknown (OWASP Authentication Cheat Sheet).
std::string decoy_hash(PasswordCost cost = {});

}  // namespace parley::crypto
