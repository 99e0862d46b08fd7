#pragma once
// The first line of a request (RFC 9112 section 3), as strictly as its grammar has it.

#include <cstdint>
#include <string_view>
#include <variant>

#include "http/refusal.h"

namespace parley::http {

enum class Version : std::uint8_t { http_1_0, http_1_1 };

struct RequestLine {
  std::string_view method;
  std::string_view authority;  ///< of an absolute-form target (section 3.2.2); else empty
  std::string_view path;       ///< at least "/"
  std::string_view query;      ///< without the '?'
  Version version = Version::http_1_1;
};

/// `line` without its CRLF. 400 where the grammar is broken; 505 for any version but 1.0 and 1.1 (so for HTTP/2's
/// preface); 501 for CONNECT and `OPTIONS *`, which only proxies and servers as a whole answer.
std::variant<RequestLine, Refusal> parse_request_line(std::string_view line) noexcept;

}  // namespace parley::http
