#include "accounts/password_rules.h"

#include <gtest/gtest.h>

#include "accounts/common_passwords.h"

namespace parley::accounts {
namespace {

std::string refusal_of(std::string_view password, bool refuse_common = false) {
  const auto checked = check_new_password(password, refuse_common, "password");
  if (checked.has_value()) return "";
  EXPECT_EQ(checked.error().field, "password");
  return checked.error().message;
}

TEST(PasswordRules, CountBytes) {
  EXPECT_EQ(refusal_of("1234567"), "This password is too short. It must contain at least 8 characters.");
  EXPECT_EQ(refusal_of("12345678"), "");
  EXPECT_EQ(refusal_of("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"), "");
  EXPECT_EQ(refusal_of(std::string(1024, 'x')), "");
  EXPECT_EQ(refusal_of(std::string(1025, 'x')), "Ensure this field has no more than 1024 bytes.");
}

TEST(PasswordRules, RefuseTheBestKnownWhereAsked) {
  for (const char* password :
       {"password", "PASSWORD", "Password1", "12345678", "qwertyuiop", "iloveyou", "sunshine", "princess", "football",
        "trustno1", "correcthorsebatterystaple", "1qaz2wsx", "!@#$%^&*"}) {
    EXPECT_EQ(refusal_of(password), "") << password;
    EXPECT_EQ(refusal_of(password, true), "This password is too common.") << password;
  }
  EXPECT_EQ(refusal_of("securepassword", true), "");
  EXPECT_EQ(refusal_of("password\xC3\xA9", true), "");
  EXPECT_FALSE(is_common_password(""));
}

}  // namespace
}  // namespace parley::accounts
