#include "base/error.h"

#include <boost/throw_exception.hpp>

namespace parley::base {

std::string_view name_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_input: return "invalid_input";
    case ErrorCode::unauthenticated: return "unauthenticated";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::mismatch: return "mismatch";
    case ErrorCode::gone: return "gone";
    case ErrorCode::forbidden: return "forbidden";
    case ErrorCode::too_many_requests: return "too_many_requests";
    case ErrorCode::overloaded: return "overloaded";
    case ErrorCode::store_unavailable: return "store_unavailable";
    case ErrorCode::engine_refused: return "engine_refused";
    case ErrorCode::engine_failed: return "engine_failed";
    case ErrorCode::engine_busy: return "engine_busy";
    case ErrorCode::engine_timeout: return "engine_timeout";
    case ErrorCode::internal: return "internal";
  }
  return "unknown";
}

UnexpectedError::UnexpectedError(const Error& error)
    : std::logic_error(std::string(name_of(error.code)) + ": " + error.message + " (" + error.detail + ")") {}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  boost::throw_exception(UnexpectedError(error), where);
}

}  // namespace parley::base
