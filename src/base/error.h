#pragma once
// Expected outcomes travel as Result<T>; exceptions mean a bug or a failed start. An Error keeps what a caller may read
// apart from what only the log may hold, so that no handler has to decide which is which.

#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace parley::base {

/// What went wrong, in terms of what the caller can do about it. `api` maps each to one HTTP status.
enum class ErrorCode {
  invalid_input,      ///< the request's content is at fault
  unauthenticated,    ///< no such credential, or it has ended
  not_found,          ///< no such thing, or not the caller's
  conflict,           ///< the name is taken, or the thing changed in between
  mismatch,           ///< an idempotency key came back with another request
  gone,               ///< was there, and its text was deleted since
  forbidden,          ///< a setting closes this, or the credential may not do it
  too_many_requests,  ///< slow down; `retry_after` says for how long
  overloaded,         ///< a queue is full; try again
  store_unavailable,  ///< nothing can be committed now
  engine_refused,     ///< the engine found fault with the request
  engine_failed,      ///< the engine answered badly or not at all
  engine_busy,        ///< the engine asked for patience
  engine_timeout,     ///< the engine took too long
  internal,           ///< a bug of ours
};

/// The code's name in lower case, for logs and metrics.
std::string_view name_of(ErrorCode code) noexcept;

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;  ///< one plain sentence, safe to show to the caller
  std::string detail;   ///< for the log only
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
  std::string field = {};  ///< with invalid_input: the field of the form that is at fault, or empty
};

/// A Result's value was asked for where it holds an Error: a bug at the place that asked.
class UnexpectedError : public std::logic_error {
 public:
  explicit UnexpectedError(const Error& error);
};

/// Found by boost::system::result through ADL when value() is called on an error.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;

inline Error internal_error(std::string detail) {
  return {.code = ErrorCode::internal, .message = "An internal error occurred.", .detail = std::move(detail)};
}

}  // namespace parley::base

#define PARLEY_JOIN_(a, b) a##b
#define PARLEY_JOIN(a, b) PARLEY_JOIN_(a, b)

/// CO_TRY(auto value, co_await operation()); declares `value`, or co_returns the operation's Error.
/// A statement expression would read better, but g++ 12 crashes on co_await inside one.
#define CO_TRY(declaration, ...)                                                                               \
  auto PARLEY_JOIN(result_, __LINE__) = __VA_ARGS__;                                                           \
  if (PARLEY_JOIN(result_, __LINE__).has_error()) co_return std::move(PARLEY_JOIN(result_, __LINE__)).error(); \
  declaration = std::move(*PARLEY_JOIN(result_, __LINE__))

/// The same for a plain function: TRY(auto value, operation());
#define TRY(declaration, ...)                                                                               \
  auto PARLEY_JOIN(result_, __LINE__) = __VA_ARGS__;                                                        \
  if (PARLEY_JOIN(result_, __LINE__).has_error()) return std::move(PARLEY_JOIN(result_, __LINE__)).error(); \
  declaration = std::move(*PARLEY_JOIN(result_, __LINE__))

/// For Result<void>: TRY_VOID(check()); returns the Error, if there is one.
#define TRY_VOID(...) \
  if (auto result_void = __VA_ARGS__; result_void.has_error()) return std::move(result_void).error()

/// For Result<void> in a coroutine: CO_TRY_VOID(co_await operation());
#define CO_TRY_VOID(...) \
  if (auto result_void = __VA_ARGS__; result_void.has_error()) co_return std::move(result_void).error()
