#pragma once
// Puts into words why a text is not JSON, and where.

#include <boost/json/error.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace parley::json {

/// "<what> at line <l> column <c>" as an `invalid_input` error.
base::Error error_at(std::string_view text, std::size_t offset, std::string what);

/// The same for what Boost.JSON's parser refused, having stopped at `offset`.
base::Error syntax_error(std::string_view text, std::size_t offset, const boost::system::error_code& failure,
                         std::size_t depth_max);

/// The key as a message may show it: quoted, escaped, cut after 64 bytes.
std::string quoted_key(std::string_view key);

}  // namespace parley::json
