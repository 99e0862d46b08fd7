#pragma once
// Writes a response's head: the status line, the handler's headers, and those that every response has.

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace parley::http {

/// How the end of a response's body is told (RFC 9112 section 6).
enum class BodyEnd : std::uint8_t { length, chunked, close };

/// What the connection knows of a response and the handler doesn't.
struct ResponseFrame {
  std::string_view date;         ///< an HTTP-date (RFC 9110 section 5.6.7)
  std::string_view request_id;   ///< valid as such
  bool close = false;            ///< the connection ends with this response
  bool tell_keep_alive = false;  ///< HTTP/1.0 must be told that it does not (RFC 9112 section 9.3)
  BodyEnd body_end = BodyEnd::length;
};

/// Appends the head to `out`, its empty line included. Adds `Cache-Control: no-store` unless the handler set one, and
/// `nosniff`; Content-Length is that of the body, be it sent or not (RFC 9110 section 9.3.2). Throws std::logic_error
/// where the status is no final one or a header holds a control character (a handler's bug: it would be response
/// splitting); `out` is then as it was.
void append_head(std::string& out, const Response& response, const ResponseFrame& frame);

/// Appends one chunk of a body that ends with chunks (RFC 9112 section 7.1); nothing where there are no bytes.
void append_chunk(std::string& out, std::string_view bytes);
/// The chunk that ends such a body.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// False of 204 and 304, which have neither body nor Content-Length (RFC 9110 sections 15.3.5 and 15.4.5).
bool has_content(int status) noexcept;

/// The reason phrase of a status, for the status line.
std::string_view reason_of(int status) noexcept;

}  // namespace parley::http
