#include "api/openai_error.h"

#include <algorithm>

#include "api/answers.h"
#include "api/spending_limits.h"
#include "json/write.h"

namespace parley::api {
namespace {

std::string_view type_of(int status) noexcept {
  switch (status) {
    case 401: return "authentication_error";
    case 402: return "insufficient_quota";
    case 403: return "permission_error";
    case 409: return "conflict_error";
    case 429: return "rate_limit_error";
    default: return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

void add_text_or_null(json::ObjectWriter& object, std::string_view name, std::string_view text) {
  if (text.empty()) {
    object.null(name);
  } else {
    object.string(name, text);
  }
}

std::string_view code_of(const store::Shortfall& shortfall) noexcept {
  if (!shortfall.allowance) return "insufficient_balance";
  switch (shortfall.allowance->limit) {
    case store::SpendingLimit::key: return "key_limit_reached";
    case store::SpendingLimit::key_daily: return "key_daily_limit_reached";
    case store::SpendingLimit::account_daily: return "daily_limit_reached";
  }
  return "insufficient_balance";
}

http::Response unauthenticated(std::string_view message) {
  http::Response response = openai_error(401, message, {.code = "invalid_api_key"});
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

std::string openai_error_object(int status, std::string_view message, OpenAiErrorDetails details) {
  std::string error;
  json::ObjectWriter object(error);
  object.string("message", message).string("type", type_of(status));
  add_text_or_null(object, "param", details.param);
  add_text_or_null(object, "code", details.code);
  if (!details.metadata.empty()) object.raw("metadata", details.metadata);
  object.end();
  return error;
}

http::Response openai_error(int status, std::string_view message, OpenAiErrorDetails details) {
  std::string body;
  json::ObjectWriter(body).raw("error", openai_error_object(status, message, details)).end();
  return answer(status, std::move(body));
}

http::Response openai_failure(const base::Error& failed, std::string_view request_id) {
  if (failed.code == base::ErrorCode::unauthenticated) return openai_invalid_credential();
  log_failure(failed, request_id);
  http::Response response =
      openai_error(openai_status_of(failed.code), failed.message, {.code = openai_code_of(failed.code)});
  add_retry_after(response, failed);
  return response;
}

http::Response openai_shortfall(const store::Shortfall& shortfall, base::Timestamp now) {
  const store::Balance& short_of = shortfall.allowance ? shortfall.allowance->left : shortfall.balance;
  std::string metadata;
  json::ObjectWriter(metadata)
      .integer("required", shortfall.required.count())
      .integer("available", std::max<std::int64_t>(short_of.available().count(), 0))
      .integer("held", short_of.held.count())
      .end();
  http::Response response = openai_error(402, std::string(shortfall_sentence(shortfall)) + ".",
                                         {.code = code_of(shortfall), .metadata = metadata});
  add_shortfall_headers(response, shortfall, now);
  return response;
}

http::Response openai_not_provided() {
  return unauthenticated("No API key was provided: send it as \"Authorization: Bearer sk-…\".");
}

http::Response openai_invalid_credential() {
  return unauthenticated("The API key is not valid.");
}

void add_openai_request_id(http::Response& response, std::string_view request_id) {
  response.headers.emplace_back("X-Request-Id", request_id);
}

bool is_openai_path(std::string_view path) noexcept {
  return path == "/v1" || path.starts_with("/v1/");
}

int openai_status_of(base::ErrorCode code) noexcept {
  return code == base::ErrorCode::engine_refused ? 400 : status_of(code);
}

std::string_view openai_code_of(base::ErrorCode code) noexcept {
  switch (code) {
    case base::ErrorCode::mismatch: return "idempotency_key_reused";
    case base::ErrorCode::conflict: return "request_in_flight";
    case base::ErrorCode::gone: return "text_deleted";
    case base::ErrorCode::too_many_requests: return "rate_limit_exceeded";
    case base::ErrorCode::engine_failed: return "engine_failed";
    case base::ErrorCode::engine_busy: return "engine_busy";
    case base::ErrorCode::engine_timeout: return "engine_timeout";
    case base::ErrorCode::engine_refused: return "engine_refused";
    case base::ErrorCode::overloaded:
    case base::ErrorCode::store_unavailable: return "unavailable";
    default: return "";
  }
}

}  // namespace parley::api
