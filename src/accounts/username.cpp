#include "accounts/username.h"

#include <utf8proc.h>

#include <cstddef>
#include <utility>

#include "accounts/field_error.h"
#include "text/caseless.h"

namespace parley::accounts {
namespace {

constexpr int code_points_max = 150;
/// Before normalising: no 150 code points need more, even fully decomposed.
constexpr std::size_t input_bytes_max = 4096;

base::Error bad_characters() {
  return field_error("username",
                     "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.");
}

base::Error too_long() {
  return field_error("username", "Ensure this field has no more than 150 characters.");
}

enum class Kind { letter, mark, other_allowed, refused };

Kind kind_of(utf8proc_int32_t code_point) {
  const utf8proc_property_t* property = utf8proc_get_property(code_point);
  if (property->ignorable) return Kind::refused;
  switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return Kind::letter;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return Kind::mark;
    case UTF8PROC_CATEGORY_ND: return Kind::other_allowed;
    default: break;
  }
  const bool sign =
      code_point < 0x80 && std::string_view("@.+-_").find(static_cast<char>(code_point)) != std::string_view::npos;
  return sign ? Kind::other_allowed : Kind::refused;
}

/// `text` is valid UTF-8.
base::Result<void> check(std::string_view text) {
  bool carries_marks = false;
  int code_points = 0;
  while (!text.empty()) {
    utf8proc_int32_t code_point = 0;
    const utf8proc_ssize_t size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                   static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    if (size <= 0) return bad_characters();
    const Kind kind = kind_of(code_point);
    if (kind == Kind::refused || (kind == Kind::mark && !carries_marks)) return bad_characters();
    carries_marks = kind == Kind::letter || kind == Kind::mark;
    if (++code_points > code_points_max) return too_long();
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  if (code_points == 0) return bad_characters();
  return {};
}

}  // namespace

base::Result<Username> parse_username(std::string_view text) {
  if (text.size() > input_bytes_max) return too_long();
  auto shown = text::compatible(text);
  if (!shown) return bad_characters();
  TRY_VOID(check(*shown));
  auto key = text::caseless(*shown);
  if (!key) return bad_characters();
  return Username{.shown = std::move(*shown), .key = std::move(*key)};
}

}  // namespace parley::accounts
