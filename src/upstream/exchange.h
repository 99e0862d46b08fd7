#pragma once
// One HTTP exchange: what its caller asks for, within which limits, and how it ended. Knows nothing of libcurl.

#include <boost/system/result.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::upstream {

struct Limits {
  std::chrono::milliseconds connect{5'000};      ///< address, TCP and TLS together
  std::chrono::milliseconds first_byte{60'000};  ///< from the ready connection to the first line of the reply
  std::chrono::milliseconds between_bytes{60'000};
  std::chrono::milliseconds whole{600'000};
  std::size_t reply_bytes_max = std::size_t{4} << 20;          ///< of the body
  std::size_t reply_header_bytes_max = std::size_t{64} << 10;  ///< with interim replies and trailers
};

struct Request {
  std::string method = "POST";
  std::string url;                   ///< http or https, without user and password
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
  std::string unix_socket;  ///< the path to connect to; empty: TCP to the URL's host
  Limits limits;
};

/// A complete reply, of any status. Redirects are replies like any other: they are not followed.
struct Response {
  int status = 0;
  std::optional<std::chrono::seconds> retry_after;  ///< as RFC 9110 10.2.3, made relative; 1 s … retry_after_max
  std::string body;
  std::chrono::nanoseconds first_byte{0};  ///< from the start to the first byte of the reply
};

/// Takes the body of a reply of status 2xx as it comes. Called on the loop of the exchange; what it throws ends that.
class BodySink {
 public:
  enum class Taken {
    more,    ///< go on
    enough,  ///< all that matters has come: the exchange ends well, however the server ends it
    refuse,  ///< this is no good: `broken_reply`
  };

  BodySink() = default;
  BodySink(const BodySink&) = delete;
  BodySink& operator=(const BodySink&) = delete;
  virtual ~BodySink() = default;

  /// The header block of such a reply has come.
  virtual void opened() = 0;
  virtual Taken take(std::string_view bytes) = 0;
};

/// What asks for more patience than this is brought down to it.
inline constexpr std::chrono::seconds retry_after_max{3'600};

/// Why there is no complete reply; in terms of whether asking again could do harm or good.
enum class FailureKind {
  overloaded,       ///< refused here: too many transfers in flight
  unreachable,      ///< no connection (address, TCP, TLS): the request was not sent
  connect_timeout,  ///< the same, for want of time
  unanswered,       ///< the request may have arrived; not one line of a reply did
  reply_timeout,    ///< the reply did not begin or go on in time
  out_of_time,      ///< the reply began, and took longer than the whole may take
  broken_reply,     ///< cut off or no HTTP
  oversize_reply,   ///< beyond the limits of size
  abandoned,        ///< the caller gave it up, or the client is closed
  unsendable,       ///< the request is malformed: a bug of the caller
};

/// The kind's name in lower case, for logs.
std::string_view name_of(FailureKind kind) noexcept;

struct Failure {
  FailureKind kind = FailureKind::unsendable;
  std::string detail;  ///< for the log only: may name the address; holds nothing of request or reply
};

/// Found by boost::system::result through ADL when value() is called on a failure: a bug at the place that asked.
[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location& where);

using Outcome = boost::system::result<Response, Failure>;

/// False where a header, the method or the URL has a control character, which could smuggle in a second header.
bool sendable(const Request& request) noexcept;

}  // namespace parley::upstream
