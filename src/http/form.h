#pragma once
// Decodes bodies of type application/x-www-form-urlencoded (WHATWG URL Standard, section 5.1), strictly.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::http {

/// Names and values in order; a name without '=' has an empty value; nothing between two '&' is no field. Where the
/// standard repairs, this returns nothing: a '%' without two hexadecimal digits, what does not decode to UTF-8 or
/// contains U+0000, more than `fields_max` fields.
std::optional<std::vector<std::pair<std::string, std::string>>> decode_form(std::string_view body,
                                                                            std::size_t fields_max);

}  // namespace parley::http
