#pragma once
// Percent-decoding (RFC 3986 section 2.1), strictly.

#include <optional>
#include <string>
#include <string_view>

namespace parley::http {

/// What '+' stands for: in forms and queries a space (WHATWG URL Standard, section 5.1), in paths itself.
enum class Plus { is_plus, is_space };

/// Nothing where a '%' is without its two hexadecimal digits, or the outcome is no UTF-8 or has U+0000.
std::optional<std::string> percent_decoded(std::string_view encoded, Plus plus);

}  // namespace parley::http
