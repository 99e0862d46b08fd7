#include "text/excerpt.h"

#include <utf8proc.h>

namespace parley::text {
namespace {

constexpr std::string_view ellipsis = "\xE2\x80\xA6";

struct CodePoint {
  utf8proc_int32_t value = 0;
  std::size_t bytes = 0;  ///< 0 where there is none
};

CodePoint first_of(std::string_view text) noexcept {
  CodePoint first;
  const utf8proc_ssize_t bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                  static_cast<utf8proc_ssize_t>(text.size()), &first.value);
  if (bytes > 0) first.bytes = static_cast<std::size_t>(bytes);
  return first;
}

bool ends_line(utf8proc_int32_t code_point) noexcept {
  return (code_point >= '\n' && code_point <= '\r') || code_point == 0x85 || code_point == 0x2028 ||
         code_point == 0x2029;
}

bool is_space(utf8proc_int32_t code_point) noexcept {
  return code_point == '\t' || ends_line(code_point) || utf8proc_category(code_point) == UTF8PROC_CATEGORY_ZS;
}

std::string_view without_leading_space(std::string_view text) noexcept {
  for (CodePoint first = first_of(text); first.bytes != 0 && is_space(first.value); first = first_of(text)) {
    text.remove_prefix(first.bytes);
  }
  return text;
}

}  // namespace

std::string beginning_of(std::string_view text, std::size_t bytes_max) {
  text = without_leading_space(text);
  std::size_t end = 0;        // of what is looked at
  std::size_t shown = 0;      // to where it is shown: up to the last character that is no space
  std::size_t fits = 0;       // the same, within bytes_max and without half characters
  std::size_t fits_half = 0;  // the same, with half characters
  utf8proc_int32_t state = 0;
  utf8proc_int32_t before = 0;
  for (;;) {
    const CodePoint next = first_of(text.substr(end));
    const bool line_ends = next.bytes == 0 || ends_line(next.value);
    if (end <= bytes_max) {
      fits_half = shown;
      if (line_ends || end == 0 || utf8proc_grapheme_break_stateful(before, next.value, &state)) fits = shown;
    }
    if (line_ends) break;
    end += next.bytes;
    if (!is_space(next.value)) shown = end;
    if (shown > bytes_max) break;
    before = next.value;
  }
  if (shown <= bytes_max) return std::string(text.substr(0, shown));
  return std::string(text.substr(0, fits != 0 ? fits : fits_half)).append(ellipsis);
}

}  // namespace parley::text
