#include "http/form.h"

#include <utility>

#include "http/percent.h"

namespace parley::http {
namespace {

std::string_view take_until(char separator, std::string_view& from) {
  const std::size_t end = from.find(separator);
  const std::string_view taken = from.substr(0, end);
  from.remove_prefix(end == std::string_view::npos ? from.size() : end + 1);
  return taken;
}

}  // namespace

std::optional<std::vector<std::pair<std::string, std::string>>> decode_form(std::string_view body,
                                                                            std::size_t fields_max) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!body.empty()) {
    std::string_view value = take_until('&', body);
    if (value.empty()) continue;
    if (fields.size() == fields_max) return std::nullopt;
    const std::string_view name = take_until('=', value);
    auto decoded_name = percent_decoded(name, Plus::is_space);
    auto decoded_value = percent_decoded(value, Plus::is_space);
    if (!decoded_name || !decoded_value) return std::nullopt;
    fields.emplace_back(std::move(*decoded_name), std::move(*decoded_value));
  }
  return fields;
}

}  // namespace parley::http
