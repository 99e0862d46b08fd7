#include "api/page.h"

#include <algorithm>
#include <charconv>

#include "http/form.h"

namespace parley::api {
namespace {

constexpr std::size_t query_fields_max = 20;

}  // namespace

PageQuery::PageQuery(std::string_view query, PageSize size, FieldErrors& errors)
    : limit_(static_cast<std::int32_t>(size.standard)) {
  auto fields = http::decode_form(query, query_fields_max);
  if (!fields) {
    errors.add("non_field_errors", "The query is not valid.");
    return;
  }
  fields_ = *std::move(fields);
  if (const auto text = field("cursor")) {
    cursor_ = positive_number(*text);
    if (!cursor_) errors.add("cursor", "Invalid cursor");
  }
  if (const auto text = field("limit")) {
    const std::int64_t limit = positive_number(*text).value_or(0);
    if (limit < 1 || limit > size.max) {
      errors.add("limit", "Ensure this value is from 1 to " + std::to_string(size.max) + ".");
    } else {
      limit_ = static_cast<std::int32_t>(limit);
    }
  }
}

std::optional<std::string_view> PageQuery::field(std::string_view name) const noexcept {
  const auto found =
      std::find_if(fields_.rbegin(), fields_.rend(), [&](const auto& field) { return field.first == name; });
  return found == fields_.rend() ? std::nullopt : std::optional<std::string_view>(found->second);
}

void add_next(json::ObjectWriter& page, std::optional<std::int64_t> cursor) {
  if (cursor) {
    page.string("next", std::to_string(*cursor));
  } else {
    page.null("next");
  }
}

std::optional<std::int64_t> positive_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

}  // namespace parley::api
