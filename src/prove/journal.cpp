#include "prove/journal.h"

#include <charconv>

namespace parley::prove {
namespace {

constexpr std::string_view message_begin = "Request ";

}  // namespace

std::string message_of(std::uint32_t request) {
  return std::string(message_begin) + std::to_string(request);
}

std::optional<std::uint32_t> request_of(std::string_view message) {
  if (!message.starts_with(message_begin)) return std::nullopt;
  message.remove_prefix(message_begin.size());
  std::uint32_t request = 0;
  const auto [end, error] = std::from_chars(message.begin(), message.end(), request);
  if (error != std::errc() || end != message.end() ||
      message_of(request).size() != message_begin.size() + message.size())
    return std::nullopt;
  return request;
}

}  // namespace parley::prove
