#pragma once
// Tells UTF-8 from what only looks like it.

#include <string_view>

namespace parley::http {

/// Well-formed as the Unicode Standard's table 3-7 has it: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

}  // namespace parley::http
