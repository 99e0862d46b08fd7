#pragma once
// The text of a login token: "<account id>.<128 random bits>", and of an API key: "sk-" before the same. The account
// finds it with one read by key; the store keeps a digest of the rest, so that who reads the store cannot log in.

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "store/store.h"

namespace parley::accounts {

struct LoginToken {
  std::string text;  ///< for the client; exists nowhere else
  crypto::Digest digest{};
};

struct ApiKey {
  std::string text;  ///< for the client; exists nowhere else
  crypto::Digest digest{};
};

LoginToken make_login_token(base::AccountId account);
ApiKey make_api_key(base::AccountId account);

/// What the text presents, or nothing where neither make_login_token() nor make_api_key() can have made it: "sk-" or
/// nothing, the id in decimal without leading zeros, '.', then 22 characters of base64url. It proves nothing yet.
std::optional<store::Presented> parse_credential(std::string_view text) noexcept;

}  // namespace parley::accounts
