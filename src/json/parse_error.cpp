#include "json/parse_error.h"

#include <algorithm>
#include <utility>

#include "json/write.h"

namespace parley::json {
namespace {

constexpr std::size_t shown_key_bytes_max = 64;

bool continues_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Whether `text` starts with one well-formed code point (RFC 3629, section 4) or ends within one.
bool starts_with_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return true;
  if (first < 0xC2 || first > 0xF4) return false;
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() > 1) {
    const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) return false;
  }
  return std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(std::min(size, text.size())),
                     continues_code_point);
}

/// Whether `before` ends with the escape of a high surrogate, perhaps with the '\' of what follows it.
bool ends_with_high_surrogate(std::string_view before) {
  const auto at_end = [](std::string_view s) {
    if (s.size() < 6) return false;
    s.remove_prefix(s.size() - 6);
    return s.starts_with("\\u") && (s[2] == 'd' || s[2] == 'D') &&
           std::string_view("89abAB").find(s[3]) != std::string_view::npos;
  };
  return at_end(before) || (before.ends_with('\\') && at_end(before.substr(0, before.size() - 1)));
}

}  // namespace

base::Error error_at(std::string_view text, std::size_t offset, std::string what) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::string_view on_line = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  const auto column =
      1 + std::count_if(on_line.begin(), on_line.end(), [](char byte) { return !continues_code_point(byte); });
  what += " at line " + std::to_string(line) + " column " + std::to_string(column);
  return {.code = base::ErrorCode::invalid_input, .message = std::move(what), .detail = {}};
}

base::Error syntax_error(std::string_view text, std::size_t offset, const boost::system::error_code& failure,
                         std::size_t depth_max) {
  using boost::json::error;
  if (failure == error::too_deep) {
    return error_at(text, offset, "nesting deeper than " + std::to_string(depth_max));
  }
  if (failure == error::exponent_overflow) return error_at(text, offset, "number out of range");
  if (offset >= text.size()) return error_at(text, text.size(), "unexpected end");
  if (!starts_with_utf8(text.substr(offset))) return error_at(text, offset, "invalid UTF-8");
  if (failure == error::incomplete) return error_at(text, text.size(), "unexpected end");
  if (failure == error::illegal_leading_surrogate || failure == error::illegal_trailing_surrogate ||
      (failure == error::syntax && ends_with_high_surrogate(text.substr(0, offset)))) {
    return error_at(text, offset, "unpaired surrogate");
  }
  return error_at(text, offset, "unexpected character");
}

std::string quoted_key(std::string_view key) {
  std::string shown;
  std::size_t size = std::min(key.size(), shown_key_bytes_max);
  while (size < key.size() && continues_code_point(key[size])) --size;
  append_string(shown, key.substr(0, size));
  return shown;
}

}  // namespace parley::json
