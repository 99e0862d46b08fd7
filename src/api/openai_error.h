#pragma once
// Errors under /v1, in the shape that OpenAI's clients know
// (https://platform.openai.com/docs/guides/error-codes/api-errors).

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

struct OpenAiErrorDetails {
  std::string_view code = {};      ///< empty: null
  std::string_view param = {};     ///< the member of the request that is at fault; empty: null
  std::string_view metadata = {};  ///< a JSON object, or empty
};

/// {"error":{"message":…,"type":…,"param":…,"code":…}}: the value of "error", for a response or a stream's event. The
/// type follows from the status.
std::string openai_error_object(int status, std::string_view message, OpenAiErrorDetails details = {});
http::Response openai_error(int status, std::string_view message, OpenAiErrorDetails details = {});

/// The answer to an error: as failure() in answers.h, but that a request with which the engine finds fault is 400.
http::Response openai_failure(const base::Error& failed, std::string_view request_id);

/// 402 with code "insufficient_balance", "key_limit_reached", "key_daily_limit_reached" or "daily_limit_reached", and
/// what is required, available and held.
http::Response openai_shortfall(const store::Shortfall& shortfall, base::Timestamp now);

/// 401 with code "invalid_api_key".
http::Response openai_not_provided();
http::Response openai_invalid_credential();

/// OpenAI's clients read a request's id from `X-Request-Id`; under /v1 it comes in both headers.
void add_openai_request_id(http::Response& response, std::string_view request_id);

/// Whether a path is one of those that answer in this shape.
bool is_openai_path(std::string_view path) noexcept;

/// The status and the code that an error has under /v1.
int openai_status_of(base::ErrorCode code) noexcept;
std::string_view openai_code_of(base::ErrorCode code) noexcept;

}  // namespace parley::api
