#pragma once
// What a Host header may hold (RFC 9110 section 7.2): uri-host [ ":" port ], as RFC 3986 section 3.2.2 defines it.

#include <string_view>

namespace parley::http {

/// An http target's host is never empty (RFC 9110 section 4.2.1), and user information is no part of Host.
bool is_valid_host(std::string_view text) noexcept;

}  // namespace parley::http
