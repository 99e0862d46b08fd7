#include "json/write.h"

#include <array>
#include <charconv>

namespace parley::json {
namespace {

/// For each byte: 0 where it stands for itself, the letter of its two-character escape, or 'u'.
constexpr std::array<char, 256> escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t control = 0; control < 0x20; ++control) table[control] = 'u';
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

void append_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view hex = "0123456789abcdef";
  const char escape = escapes[byte];
  out += '\\';
  out += escape;
  if (escape != 'u') return;
  out += "00";
  out += hex[byte >> 4U];
  out += hex[byte & 0xFU];
}

}  // namespace

void append_string(std::string& out, std::string_view utf8) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (escapes[byte] == 0) continue;
    out.append(utf8, copied, i - copied);
    append_escape(out, byte);
    copied = i + 1;
  }
  out.append(utf8, copied);
  out += '"';
}

void ObjectWriter::name(std::string_view name) {
  if (!empty_) out_ += ',';
  empty_ = false;
  append_string(out_, name);
  out_ += ':';
}

ObjectWriter& ObjectWriter::string(std::string_view name, std::string_view utf8) {
  this->name(name);
  append_string(out_, utf8);
  return *this;
}

ObjectWriter& ObjectWriter::integer(std::string_view name, std::int64_t number) {
  std::array<char, 20> digits{};  // "-9223372036854775808"
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw(name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

ObjectWriter& ObjectWriter::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

ObjectWriter& ObjectWriter::null(std::string_view name) {
  return raw(name, "null");
}

ObjectWriter& ObjectWriter::raw(std::string_view name, std::string_view json) {
  this->name(name);
  out_ += json;
  return *this;
}

}  // namespace parley::json
