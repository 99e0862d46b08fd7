#include "upstream/exchange.h"

#include <algorithm>
#include <boost/throw_exception.hpp>
#include <stdexcept>

namespace parley::upstream {
namespace {

bool printable(std::string_view text) noexcept {
  return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

std::string_view name_of(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::overloaded: return "overloaded";
    case FailureKind::unreachable: return "unreachable";
    case FailureKind::connect_timeout: return "connect_timeout";
    case FailureKind::unanswered: return "unanswered";
    case FailureKind::reply_timeout: return "reply_timeout";
    case FailureKind::out_of_time: return "out_of_time";
    case FailureKind::broken_reply: return "broken_reply";
    case FailureKind::oversize_reply: return "oversize_reply";
    case FailureKind::abandoned: return "abandoned";
    case FailureKind::unsendable: return "unsendable";
  }
  return "unknown";
}

void throw_exception_from_error(const Failure& failure, const boost::source_location& where) {
  boost::throw_exception(std::logic_error(std::string(name_of(failure.kind)) + ": " + failure.detail), where);
}

bool sendable(const Request& request) noexcept {
  return !request.method.empty() && printable(request.method) && !request.url.empty() && printable(request.url) &&
         printable(request.unix_socket) && std::ranges::all_of(request.headers, printable);
}

}  // namespace parley::upstream
