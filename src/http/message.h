#pragma once
// A request as handlers see it, and the response they return.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/response_stream.h"

namespace parley::http {

/// Methods that a route may have; every other token that RFC 9110 allows is `other`.
enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };

/// Case-sensitive, as RFC 9110 section 9.1 has it.
Method method_of(std::string_view text) noexcept;
/// "GET" of Method::get; "" of Method::other.
std::string_view text_of(Method method) noexcept;

struct Header {
  std::string name;
  std::string value;
};

/// A complete, well-framed request. Its views live as long as it does.
struct Request {
  Method method = Method::other;
  std::string method_text;      ///< as sent
  std::string path;             ///< percent-encoded as sent, without the query
  std::string query;            ///< without the '?'
  std::vector<Header> headers;  ///< in order, values trimmed; framing headers included, trailers not
  std::string body;
  std::string id;            ///< the Request-Id that the response will carry
  std::string peer_address;  ///< of the socket: "127.0.0.1", "::1", or "unix"

  /// The value of the first header of this name (case-insensitive), or nothing.
  std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// Content-Length, Transfer-Encoding, Date, Connection and Request-Id are the connection's to add.
struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string_view, std::string>> headers = {};  ///< names are literals
  std::string body = {};
  std::unique_ptr<ResponseStream> stream = nullptr;  ///< where there is one, it has the response, and this is none
};

}  // namespace parley::http
