// Form bodies, percent-decoding and UTF-8: what is decoded is what a plain second reader decodes (with utf8proc's
// opinion on UTF-8), and it survives being encoded and decoded again.

#include <utf8proc.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness.h"
#include "http/form.h"
#include "http/percent.h"
#include "http/utf8.h"

namespace parley::fuzz {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t fields_max = 64;

bool plain_utf8(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t code_point = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());  // NOLINT: bytes are bytes
    const auto taken = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    if (taken <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(taken));
  }
  return true;
}

std::optional<std::string> plain_decoded(std::string_view encoded, bool plus_is_space) {
  constexpr std::string_view digits = "0123456789abcdef0123456789ABCDEF";
  std::string text;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] == '%') {
      if (encoded.size() - i < 3) return std::nullopt;
      const std::size_t high = digits.find(encoded[i + 1]);
      const std::size_t low = digits.find(encoded[i + 2]);
      if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
      text += static_cast<char>(high % 16 * 16 + low % 16);
      i += 2;
    } else {
      text += encoded[i] == '+' && plus_is_space ? ' ' : encoded[i];
    }
  }
  if (text.find('\0') != std::string::npos || !plain_utf8(text)) return std::nullopt;
  return text;
}

std::optional<Fields> plain_form(std::string_view body) {
  Fields fields;
  for (std::size_t begin = 0; begin <= body.size();) {
    const std::size_t end = std::min(body.find('&', begin), body.size());
    const std::string_view field = body.substr(begin, end - begin);
    begin = end + 1;
    if (field.empty()) continue;
    const std::size_t equals = std::min(field.find('='), field.size());
    auto name = plain_decoded(field.substr(0, equals), true);
    auto value = plain_decoded(field.substr(std::min(equals + 1, field.size())), true);
    if (!name || !value) return std::nullopt;
    fields.emplace_back(std::move(*name), std::move(*value));
  }
  return fields;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += digits[byte / 16];
      out += digits[byte % 16];
    }
  }
  return out;
}

void check_form(std::string_view body) {
  const auto plain = plain_form(body);
  const auto fields = http::decode_form(body, fields_max);
  PROPERTY(!fields || fields->size() <= fields_max);
  if (!plain || plain->size() <= fields_max) PROPERTY(fields == plain);
  if (plain && plain->size() > fields_max) PROPERTY(!fields);
  if (!fields) return;
  PROPERTY(http::decode_form(body, fields->size()) == fields);
  if (!fields->empty()) PROPERTY(!http::decode_form(body, fields->size() - 1));
  std::string again;
  for (const auto& [name, value] : *fields) again += encoded(name) + '=' + encoded(value) + '&';
  PROPERTY(http::decode_form(again, fields_max) == fields);
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  const std::string_view bytes = fuzz::text_of(data, size);
  PROPERTY(http::is_utf8(bytes) == fuzz::plain_utf8(bytes));
  PROPERTY(http::percent_decoded(bytes, http::Plus::is_plus) == fuzz::plain_decoded(bytes, false));
  PROPERTY(http::percent_decoded(bytes, http::Plus::is_space) == fuzz::plain_decoded(bytes, true));
  fuzz::check_form(bytes);
  return 0;
}
