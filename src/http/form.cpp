#include "http/form.h"

#include <algorithm>
#include <boost/url/pct_string_view.hpp>

#include "http/utf8.h"

namespace parley::http {
namespace {

namespace urls = boost::urls;

std::optional<std::string> decode(std::string_view encoded) {
  const auto view = urls::make_pct_string_view(urls::string_view(encoded.data(), encoded.size()));
  if (view.has_error()) return std::nullopt;
  urls::encoding_opts options;
  options.space_as_plus = true;
  std::string text = view->decode(options);
  if (text.find('\0') != std::string::npos || !is_utf8(text)) return std::nullopt;
  return text;
}

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
    auto decoded_name = decode(name);
    auto decoded_value = decode(value);
    if (!decoded_name || !decoded_value) return std::nullopt;
    fields.emplace_back(std::move(*decoded_name), std::move(*decoded_value));
  }
  return fields;
}

}  // namespace parley::http
