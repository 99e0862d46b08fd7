#include "text/caseless.h"

#include <string.h>  // NOLINT(modernize-deprecated-headers): memmem is POSIX's
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace parley::text {
namespace {

/// Folding and normalising settle after two rounds; more are never needed.
constexpr int folding_rounds_max = 4;

bool is_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x80;
}

/// `text` in NFKC, with `more` options; nothing where it is not UTF-8.
std::optional<std::string> normalised(std::string_view text, int more) {
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | more);
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
  if (size < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
}

/// Whether U+0345 or one of the characters that decompose into it (all are within U+1F80 to U+1FFF) may be in `text`.
/// These alone need a normal form before folding too (Unicode 15, section 3.13, on D145).
bool has_iota_below(std::string_view text) noexcept {
  return contains(text, "\xCD\x85") || contains(text, "\xE1\xBE") || contains(text, "\xE1\xBF");
}

/// caseless() of any text, slowly.
std::optional<std::string> settled(std::string text) {
  if (has_iota_below(text)) {
    auto first = compatible(text);
    if (!first) return first;
    text = std::move(*first);
  }
  for (int round = 0; round < folding_rounds_max; ++round) {
    auto folded = normalised(text, UTF8PROC_CASEFOLD);
    if (!folded || *folded == text) return folded;
    text = std::move(*folded);
  }
  return std::nullopt;
}

void append_ascii(std::string& out, std::string_view ascii) {
  std::ranges::transform(ascii, std::back_inserter(out),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

}  // namespace

std::optional<std::string> compatible(std::string_view text) {
  return normalised(text, 0);
}

// ASCII is folded here, some hundred times faster than by utf8proc. Nothing composes with what follows it where that is
// ASCII; but an ASCII character may take on the mark that follows it, so that the last one before others goes with
// them.
std::optional<std::string> caseless(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto ascii = static_cast<std::size_t>(std::ranges::find_if_not(text, is_ascii) - text.begin());
    const std::size_t by_hand = ascii == text.size() ? ascii : ascii - std::min<std::size_t>(ascii, 1);
    append_ascii(out, text.substr(0, by_hand));
    text.remove_prefix(by_hand);
    const auto others = std::ranges::find_if_not(text, is_ascii);
    const auto end = static_cast<std::size_t>(std::find_if(others, text.end(), is_ascii) - text.begin());
    const auto folded = settled(std::string(text.substr(0, end)));
    if (!folded) return std::nullopt;
    out += *folded;
    text.remove_prefix(end);
  }
  return out;
}

bool contains(std::string_view text, std::string_view part) noexcept {
  // glibc's takes linear time; std::string_view's takes the product of both lengths where they repeat themselves.
  return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr || part.empty();
}

}  // namespace parley::text
