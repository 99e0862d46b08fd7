#pragma once
// Writes a response's head: the status line, the handler's headers, and those that every response has.

#include <string>
#include <string_view>

#include "http/message.h"

namespace parley::http {

/// What the connection knows of a response and the handler doesn't.
struct ResponseFrame {
  std::string_view date;         ///< an HTTP-date (RFC 9110 section 5.6.7)
  std::string_view request_id;   ///< valid as such
  bool close = false;            ///< the connection ends with this response
  bool tell_keep_alive = false;  ///< HTTP/1.0 must be told that it does not (RFC 9112 section 9.3)
};

/// Appends the head to `out`, its empty line included. Adds `Cache-Control: no-store` unless the handler set one, and
/// `nosniff`; Content-Length is that of the body, be it sent or not (RFC 9110 section 9.3.2). Throws std::logic_error
/// where the status is no final one or a header holds a control character (a handler's bug: it would be response
/// splitting); `out` is then as it was.
void append_head(std::string& out, const Response& response, const ResponseFrame& frame);

/// False of 204 and 304, which have neither body nor Content-Length (RFC 9110 sections 15.3.5 and 15.4.5).
bool has_content(int status) noexcept;

/// The reason phrase of a status, for the status line.
std::string_view reason_of(int status) noexcept;

}  // namespace parley::http
