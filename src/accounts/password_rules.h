#pragma once
// What a new password must be (NIST SP 800-63B, section 5.1.1.2: a minimum length, no rules of composition).

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace parley::accounts {

inline constexpr std::size_t password_bytes_min = 8;
/// Never truncated; the bound keeps hashing cheap.
inline constexpr std::size_t password_bytes_max = 1024;

/// `invalid_input` with this field and Django's sentence.
base::Result<void> check_new_password(std::string_view password, bool refuse_common, std::string field);

}  // namespace parley::accounts
