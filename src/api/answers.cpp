#include "api/answers.h"

#include "api/form.h"
#include "api/openai_error.h"
#include "base/log.h"
#include "json/write.h"

namespace parley::api {
namespace {

http::Response one_member(int status, std::string_view name, std::string_view sentence) {
  std::string body;
  json::ObjectWriter(body).string(name, sentence).end();
  return answer(status, std::move(body));
}

http::Response unauthenticated(std::string_view sentence) {
  http::Response response = detail(401, sentence);
  response.headers.emplace_back("WWW-Authenticate", "Token");
  return response;
}

constexpr int server_error_min = 500;

}  // namespace

http::Response answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

http::Response detail(int status, std::string_view sentence) {
  return one_member(status, "detail", sentence);
}
http::Response error(int status, std::string_view sentence) {
  return one_member(status, "error", sentence);
}
http::Response message(int status, std::string_view sentence) {
  return one_member(status, "message", sentence);
}

int status_of(base::ErrorCode code) noexcept {
  switch (code) {
    case base::ErrorCode::invalid_input: return 400;
    case base::ErrorCode::unauthenticated: return 401;
    case base::ErrorCode::not_found: return 404;
    case base::ErrorCode::conflict: return 409;
    case base::ErrorCode::mismatch: return 422;
    case base::ErrorCode::gone: return 410;
    case base::ErrorCode::forbidden: return 403;
    case base::ErrorCode::too_many_requests: return 429;
    case base::ErrorCode::overloaded: return 503;
    case base::ErrorCode::store_unavailable: return 503;
    case base::ErrorCode::engine_refused: return 502;
    case base::ErrorCode::engine_failed: return 502;
    case base::ErrorCode::engine_busy: return 503;
    case base::ErrorCode::engine_timeout: return 504;
    case base::ErrorCode::internal: return 500;
  }
  return 500;
}

Shape shape_of(const base::Error& failed) noexcept {
  switch (failed.code) {
    case base::ErrorCode::engine_refused:
    case base::ErrorCode::engine_failed:
    case base::ErrorCode::engine_busy:
    case base::ErrorCode::engine_timeout: return Shape::error;
    default: return Shape::detail;
  }
}

void log_failure(const base::Error& failed, std::string_view request_id) {
  if (status_of(failed.code) < server_error_min) return;
  base::log(base::LogLevel::warning, "request_failed",
            {{"id", request_id}, {"code", base::name_of(failed.code)}, {"detail", failed.detail}});
}

void add_retry_after(http::Response& response, const base::Error& failed) {
  if (failed.retry_after) {
    response.headers.emplace_back("Retry-After", std::to_string(failed.retry_after->count()));
  } else if (response.status == 429 || response.status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
}

http::Response failure(const base::Error& failed, Shape shape, const http::Request& request) {
  return failure(failed, shape, request.id);
}

http::Response failure(const base::Error& failed, Shape shape, std::string_view request_id) {
  const int status = status_of(failed.code);
  log_failure(failed, request_id);
  if (!failed.field.empty()) {
    FieldErrors errors;
    errors.add(failed.field, failed.message);
    return errors.response();
  }
  http::Response response = shape == Shape::detail ? detail(status, failed.message) : error(status, failed.message);
  add_retry_after(response, failed);
  return response;
}

http::Response not_found(const http::Request& request) {
  if (is_openai_path(request.path)) return openai_error(404, "There is no such path.", {.code = "not_found"});
  return detail(404, "Not found.");
}

http::Response method_not_allowed(const http::Request& request) {
  if (is_openai_path(request.path)) {
    return openai_error(405, "The method " + request.method_text + " is not allowed here.",
                        {.code = "method_not_allowed"});
  }
  return detail(405, "Method \"" + request.method_text + "\" not allowed.");
}

http::Response not_provided() {
  return unauthenticated("Authentication credentials were not provided.");
}

http::Response invalid_token() {
  return unauthenticated("Invalid token.");
}

}  // namespace parley::api
