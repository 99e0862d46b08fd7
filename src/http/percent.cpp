#include "http/percent.h"

#include <boost/url/pct_string_view.hpp>

#include "http/utf8.h"

namespace parley::http {

std::optional<std::string> percent_decoded(std::string_view encoded, Plus plus) {
  namespace urls = boost::urls;
  const auto view = urls::make_pct_string_view(urls::string_view(encoded.data(), encoded.size()));
  if (view.has_error()) return std::nullopt;
  urls::encoding_opts options;
  options.space_as_plus = plus == Plus::is_space;
  std::string text = view->decode(options);
  if (text.find('\0') != std::string::npos || !is_utf8(text)) return std::nullopt;
  return text;
}

}  // namespace parley::http
