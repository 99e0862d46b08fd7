#include "accounts/password_rules.h"

#include <utility>

#include "accounts/common_passwords.h"
#include "accounts/field_error.h"

namespace parley::accounts {

base::Result<void> check_new_password(std::string_view password, bool refuse_common, std::string field) {
  if (password.size() < password_bytes_min) {
    return field_error(std::move(field), "This password is too short. It must contain at least 8 characters.");
  }
  if (password.size() > password_bytes_max) {
    return field_error(std::move(field), "Ensure this field has no more than 1024 bytes.");
  }
  if (refuse_common && is_common_password(password)) {
    return field_error(std::move(field), "This password is too common.");
  }
  return {};
}

}  // namespace parley::accounts
