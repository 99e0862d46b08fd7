#include "engines/verdict.h"

#include <random>

namespace parley::engines {
namespace {

using upstream::FailureKind;

base::Error engine_timeout(std::string detail) {
  return {.code = base::ErrorCode::engine_timeout,
          .message = "The AI took too long to answer.",
          .detail = std::move(detail),
          .retry_after = std::nullopt};
}

base::Error overloaded(std::string detail) {
  return {.code = base::ErrorCode::overloaded,
          .message = "The server is busy; try again shortly.",
          .detail = std::move(detail),
          .retry_after = std::chrono::seconds(1)};
}

base::Error request_refused(std::string detail) {
  base::Error error = engine_failed(std::move(detail));
  error.code = base::ErrorCode::engine_refused;
  error.message = "The AI did not accept this request.";
  return error;
}

Verdict of_failure(const upstream::Failure& failure) {
  const std::string detail = std::string(name_of(failure.kind)) + ": " + failure.detail;
  switch (failure.kind) {
    case FailureKind::overloaded: return {.error = overloaded(detail), .engine_at_fault = false};
    case FailureKind::unreachable: return {.error = engine_failed(detail), .retry = Retry::patiently};
    case FailureKind::connect_timeout: return {.error = engine_timeout(detail), .retry = Retry::patiently};
    case FailureKind::unanswered: return {.error = engine_failed(detail), .retry = Retry::once};
    case FailureKind::out_of_time: return {.error = engine_timeout(detail), .engine_at_fault = false};
    case FailureKind::reply_timeout: return {.error = engine_timeout(detail)};
    case FailureKind::broken_reply: return {.error = engine_failed(detail)};
    case FailureKind::oversize_reply: return {.error = engine_failed(detail), .engine_at_fault = false};
    case FailureKind::abandoned: return {.error = engine_failed(detail), .engine_at_fault = false};
    case FailureKind::unsendable: return {.error = base::internal_error(detail), .engine_at_fault = false};
  }
  return {.error = base::internal_error(detail), .engine_at_fault = false};
}

Verdict of_status(const upstream::Response& response) {
  const std::string detail = "status " + std::to_string(response.status);
  switch (response.status) {
    case 429:
    case 503:
    case 529:  // Anthropic's "overloaded"
      return {.error = engine_busy(detail, response.retry_after),
              .retry = Retry::patiently,
              .asked_patience = response.retry_after};
    case 502:
    case 504:
      return {.error = engine_failed(detail), .retry = Retry::patiently, .asked_patience = response.retry_after};
    case 400:
    case 413:
    case 422: return {.error = request_refused(detail), .engine_at_fault = false};
    case 404: return {.error = engine_failed(detail), .engine_at_fault = false};  // a model or address of the settings
    case 401:
    case 403: return {.error = engine_failed(detail), .key_refused = true};
    default: return {.error = engine_failed(detail)};
  }
}

}  // namespace

std::optional<Verdict> judge(const upstream::Outcome& outcome) {
  if (outcome.has_error()) return of_failure(outcome.error());
  if (outcome->status >= 200 && outcome->status < 300) return std::nullopt;
  return of_status(*outcome);
}

base::Error engine_failed(std::string detail) {
  return {.code = base::ErrorCode::engine_failed,
          .message = "The AI could not answer.",
          .detail = std::move(detail),
          .retry_after = std::nullopt};
}

base::Error engine_busy(std::string detail, std::optional<std::chrono::seconds> retry_after) {
  if (!retry_after) {
    std::random_device random;
    retry_after = std::chrono::seconds(std::uniform_int_distribution<int>(1, 5)(random));
  }
  return {.code = base::ErrorCode::engine_busy,
          .message = "The AI is busy; try again shortly.",
          .detail = std::move(detail),
          .retry_after = retry_after};
}

}  // namespace parley::engines
