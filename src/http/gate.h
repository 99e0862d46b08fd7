#pragma once
// The gate: reads a raw header block before any parser sees it, and refuses whatever two parsers could read
// differently. A request that passes means the same to every conforming proxy in front of us, so nothing can be
// smuggled past one.
//
// What it decides is final: how the body is framed, whether the connection goes on. Beast only cuts a block that has
// passed into headers.

#include <cstdint>
#include <string_view>
#include <variant>

#include "http/refusal.h"
#include "http/request_line.h"

namespace parley::http {

enum class BodyFraming : std::uint8_t { none, length, chunked };

struct Framing {
  BodyFraming body = BodyFraming::none;  ///< RFC 9112 section 6.3
  std::uint64_t content_length = 0;      ///< bytes; what 64 bits can't hold is their maximum
  Version version = Version::http_1_1;
  bool keep_alive = true;         ///< RFC 9112 section 9.3
  bool expects_continue = false;  ///< RFC 9110 section 10.1.1; only where there is a body
};

struct Passed {
  RequestLine line;
  Framing framing;
  std::string_view request_id;  ///< the first Request-Id as sent; empty without one
};

/// `block` is what HeaderScan found complete. Views of the result point into it.
///
/// | rule | status | RFC |
/// |---|---|---|
/// | request line by its grammar, HTTP/1.0 or 1.1, origin-form or absolute-form | 400, 501, 505 | 9112 3, 2.3, 3.2 |
/// | no line begins with white space (obs-fold, or before the first header) | 400 | 9112 5.2, 2.2 |
/// | name is a token, the colon follows at once | 400 | 9112 5.1 |
/// | exactly one Host, a valid one; an absolute-form target's authority is equal to it | 400 | 9112 3.2, 3.2.2 |
/// | at most one Content-Length, one run of digits | 400 | 9112 6.3, 9110 8.6 |
/// | Transfer-Encoding is `chunked` and nothing else, in HTTP/1.1, without a Content-Length | 400, 501 | 9112 6.1 |
/// | Connection, and what old clients call Proxy-Connection, are lists of tokens | 400 | 9110 7.6.1 |
/// | Expect is `100-continue`; HTTP/1.0's is ignored | 417 | 9110 10.1.1 |
std::variant<Passed, Refusal> inspect(std::string_view block) noexcept;

/// The value of the first Request-Id line of a block that was refused, which may be cut off; empty without one.
std::string_view find_request_id(std::string_view block) noexcept;

}  // namespace parley::http
