#pragma once
// The passwords that are guessed first.

#include <string_view>

namespace parley::accounts {

/// Whether the password is among the best-known ones of 8 characters or more, in whatever case (ASCII).
bool is_common_password(std::string_view password);

}  // namespace parley::accounts
