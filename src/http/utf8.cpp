#include "http/utf8.h"

#include <algorithm>

namespace parley::http {
namespace {

/// What may follow a lead byte: how many bytes, and the range of the first of them.
struct Sequence {
  std::size_t followers = 0;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xbf;
  bool valid = true;
};

Sequence sequence_of(unsigned char lead) noexcept {
  if (lead < 0x80) return {.followers = 0};
  if (lead >= 0xc2 && lead <= 0xdf) return {.followers = 1};
  if (lead == 0xe0) return {.followers = 2, .second_min = 0xa0};
  if (lead == 0xed) return {.followers = 2, .second_min = 0x80, .second_max = 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {.followers = 2};
  if (lead == 0xf0) return {.followers = 3, .second_min = 0x90};
  if (lead >= 0xf1 && lead <= 0xf3) return {.followers = 3};
  if (lead == 0xf4) return {.followers = 3, .second_min = 0x80, .second_max = 0x8f};
  return {.valid = false};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Sequence sequence = sequence_of(static_cast<unsigned char>(text.front()));
    if (!sequence.valid || text.size() <= sequence.followers) return false;
    const std::string_view followers = text.substr(1, sequence.followers);
    const bool continued =
        std::ranges::all_of(followers, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; });
    if (!continued) return false;
    if (!followers.empty()) {
      const auto second = static_cast<unsigned char>(followers.front());
      if (second < sequence.second_min || second > sequence.second_max) return false;
    }
    text.remove_prefix(1 + sequence.followers);
  }
  return true;
}

}  // namespace parley::http
