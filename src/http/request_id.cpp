#include "http/request_id.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

#include "http/grammar.h"

namespace parley::http {
namespace {

constexpr std::size_t request_id_bytes_max = 128;

bool is_request_id_character(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

void append_hex(std::string& to, std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  to.append(digits.data(), written.ptr);
}

}  // namespace

bool is_valid_request_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= request_id_bytes_max && std::ranges::all_of(text, is_request_id_character);
}

RequestIds::RequestIds() {
  std::random_device random;
  append_hex(prefix_, (std::uint64_t{random()} << 32) | random());
  prefix_ += '-';
}

std::string RequestIds::id_for(std::string_view own) {
  if (is_valid_request_id(own)) return std::string(own);
  std::string made = prefix_;
  append_hex(made, ++count_);
  return made;
}

}  // namespace parley::http
