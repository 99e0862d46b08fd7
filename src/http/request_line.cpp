#include "http/request_line.h"

#include <algorithm>
#include <optional>

#include "http/grammar.h"

namespace parley::http {
namespace {

constexpr Refusal malformed{400, "The request line is malformed."};
constexpr Refusal bad_target{400, "The request target is invalid."};

// RFC 9112 section 2.3.
std::variant<Version, Refusal> parse_version(std::string_view text) noexcept {
  if (text == "HTTP/1.1") return Version::http_1_1;
  if (text == "HTTP/1.0") return Version::http_1_0;
  if (text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7])) {
    return Refusal{505, "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
  }
  return malformed;
}

// A fragment is no part of a target (RFC 9112 section 3.2), and what is not ASCII must be percent-encoded.
bool is_target_character(char c) noexcept {
  return c > ' ' && c < 0x7f && c != '#';
}

void split_path(std::string_view path_and_query, RequestLine& into) noexcept {
  const std::size_t mark = path_and_query.find('?');
  into.path = path_and_query.substr(0, mark);
  into.query = mark == std::string_view::npos ? std::string_view() : path_and_query.substr(mark + 1);
  if (into.path.empty()) into.path = "/";
}

bool split_absolute(std::string_view target, RequestLine& into) noexcept {
  const std::size_t mark = target.find("://");
  if (mark == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, mark);
  if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) return false;
  const std::string_view rest = target.substr(mark + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  into.authority = rest.substr(0, end);
  split_path(rest.substr(end), into);
  return !into.authority.empty();
}

std::optional<Refusal> parse_target(std::string_view target, RequestLine& into) noexcept {
  if (into.method == "CONNECT") return Refusal{501, "CONNECT is not supported."};
  if (target == "*" && into.method == "OPTIONS") return Refusal{501, "OPTIONS * is not supported."};
  if (target.empty() || !std::ranges::all_of(target, is_target_character)) return bad_target;
  if (target.front() == '/') {
    split_path(target, into);
    return std::nullopt;
  }
  return split_absolute(target, into) ? std::nullopt : std::optional(bad_target);
}

}  // namespace

std::variant<RequestLine, Refusal> parse_request_line(std::string_view line) noexcept {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return malformed;

  RequestLine parsed;
  parsed.method = line.substr(0, first);
  if (!is_token(parsed.method)) return malformed;
  const auto version = parse_version(line.substr(last + 1));
  if (const auto* refusal = std::get_if<Refusal>(&version)) return *refusal;
  parsed.version = std::get<Version>(version);
  if (const auto refusal = parse_target(line.substr(first + 1, last - first - 1), parsed)) return *refusal;
  return parsed;
}

}  // namespace parley::http
