#pragma once
// The character classes and small productions of RFC 9110 section 5.6 that the gate and its neighbours share. ASCII
// only: nothing here asks the locale.

#include <optional>
#include <string_view>

namespace parley::http {

inline bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
/// C0 controls and DEL; a tab is one too.
inline bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
/// RFC 9110 section 5.6.2: what methods and field names are made of.
bool is_token_character(char c) noexcept;
/// One or more token characters.
bool is_token(std::string_view text) noexcept;
/// The value of a hexadecimal digit, or nothing.
std::optional<unsigned> hex_digit_value(char c) noexcept;

/// Without the spaces and tabs around it (OWS, RFC 9110 section 5.6.3).
std::string_view trimmed(std::string_view text) noexcept;
bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// Takes the next element, trimmed, off a list that commas separate (RFC 9110 section 5.6.1); `list` is what remains.
std::string_view take_list_element(std::string_view& list) noexcept;

}  // namespace parley::http
