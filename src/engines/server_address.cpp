#include "engines/server_address.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <string>

namespace parley::engines {
namespace {

base::Error invalid(std::string_view whose, std::string_view fault) {
  return {.code = base::ErrorCode::invalid_input,
          .message = "The " + std::string(whose) + ' ' + std::string(fault),
          .detail = "",
          .retry_after = std::nullopt};
}

}  // namespace

base::Result<void> check_base_url(std::string_view whose, std::string_view base_url) {
  const auto url = boost::urls::parse_uri(base_url);
  if (url.has_error()) return invalid(whose, "base URL is not a URL.");
  if (url->scheme_id() != boost::urls::scheme::http && url->scheme_id() != boost::urls::scheme::https) {
    return invalid(whose, "base URL must start with http:// or https://.");
  }
  if (url->host().empty()) return invalid(whose, "base URL has no host.");
  if (url->has_userinfo()) return invalid(whose, "base URL must not hold a user or password.");
  if (url->has_query() || url->has_fragment()) return invalid(whose, "base URL must end with its path.");
  return {};
}

base::Result<void> check_api_key(std::string_view whose, std::string_view api_key) {
  const bool visible = std::ranges::all_of(api_key, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!visible) return invalid(whose, "API key holds a space or another unusual character.");
  return {};
}

std::string_view without_last_slashes(std::string_view base_url) noexcept {
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  return base_url;
}

}  // namespace parley::engines
