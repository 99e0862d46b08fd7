#include "accounts/credential.h"

#include <charconv>
#include <utility>

#include "crypto/digest.h"
#include "crypto/random.h"

namespace parley::accounts {
namespace {

constexpr std::string_view api_key_prefix = "sk-";

template <class Credential>
Credential make_credential(std::string_view prefix, base::AccountId account) {
  const std::string secret = crypto::random_text();
  return {.text = std::string(prefix) + std::to_string(account.value) + '.' + secret,
          .digest = crypto::digest_of(secret)};
}

}  // namespace

LoginToken make_login_token(base::AccountId account) {
  return make_credential<LoginToken>("", account);
}

ApiKey make_api_key(base::AccountId account) {
  return make_credential<ApiKey>(api_key_prefix, account);
}

std::optional<store::Presented> parse_credential(std::string_view text) noexcept {
  store::Presented presented;
  if (text.starts_with(api_key_prefix)) {
    presented.kind = store::CredentialKind::api_key;
    text.remove_prefix(api_key_prefix.size());
  }
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.front() < '1' || text.front() > '9') return std::nullopt;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + dot, presented.account.value);
  if (failure != std::errc() || end != text.data() + dot) return std::nullopt;
  const std::string_view secret = text.substr(dot + 1);
  if (!crypto::is_random_text(secret)) return std::nullopt;
  presented.digest = crypto::digest_of(secret);
  return presented;
}

}  // namespace parley::accounts
