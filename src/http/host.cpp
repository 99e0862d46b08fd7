#include "http/host.h"

#include <algorithm>
#include <boost/url/parse.hpp>

#include "http/grammar.h"

namespace parley::http {
namespace {

bool is_plain_host_character(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
}

// Names and IPv4 addresses without anything unusual: nearly all there are.
bool is_plain_host(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  return !name.empty() && std::ranges::all_of(name, is_plain_host_character) && std::ranges::all_of(port, is_digit);
}

}  // namespace

bool is_valid_host(std::string_view text) noexcept {
  if (is_plain_host(text)) return true;
  const auto authority = boost::urls::parse_authority(text);
  return authority.has_value() && !authority->has_userinfo() && !authority->encoded_host().empty();
}

}  // namespace parley::http
