#include "http/message.h"

#include <algorithm>

#include "http/grammar.h"

namespace parley::http {
namespace {

constexpr std::string_view method_texts[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

}  // namespace

Method method_of(std::string_view text) noexcept {
  const auto* const found = std::ranges::find(method_texts, text);
  return static_cast<Method>(found - std::begin(method_texts));  // the end of the table is Method::other
}

std::string_view text_of(Method method) noexcept {
  const auto index = static_cast<std::size_t>(method);
  return index < std::size(method_texts) ? method_texts[index] : std::string_view();
}

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
  for (const Header& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

}  // namespace parley::http
