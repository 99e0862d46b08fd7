#pragma once
// The shapes of answers, and the one switch from an Error to an HTTP status.

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/tokens.h"
#include "http/message.h"

namespace parley::api {

/// A JSON body as it stands.
http::Response answer(int status, std::string body);
/// {"detail":"<sentence>"}
http::Response detail(int status, std::string_view sentence);
/// {"error":"<sentence>"}
http::Response error(int status, std::string_view sentence);
/// {"message":"<sentence>"}
http::Response message(int status, std::string_view sentence);

/// Parley-Balance, Parley-Charge, Parley-Conversation and Parley-Turn: what the answer of a saved turn says beside its
/// body. `saved` is a chat::TurnReply or a store::Replay.
template <class Saved>
void add_turn_headers(http::Response& response, const Saved& saved) {
  response.headers.emplace_back("Parley-Balance", std::to_string(saved.available.count()));
  response.headers.emplace_back("Parley-Charge", std::to_string(saved.charge.count()));
  response.headers.emplace_back("Parley-Conversation", std::to_string(saved.conversation.value));
  response.headers.emplace_back("Parley-Turn", std::to_string(saved.turn.value));
}

/// The status of each code: the only place that decides it (RFC 9110, RFC 6585).
int status_of(base::ErrorCode code) noexcept;

/// The member that carries the sentence.
enum class Shape { detail, error };

/// That of the errors of a chat: a failing engine's is `error`.
Shape shape_of(const base::Error& failed) noexcept;

/// The answer to an error: status, sentence, Retry-After; a field's error in the shape of forms. Logs the detail of
/// what is not the client's fault.
http::Response failure(const base::Error& failed, Shape shape, const http::Request& request);
http::Response failure(const base::Error& failed, Shape shape, std::string_view request_id);

/// Logs the detail of an error that is not the client's fault.
void log_failure(const base::Error& failed, std::string_view request_id);

/// Adds Retry-After where the error says when, or the status is one that has it.
void add_retry_after(http::Response& response, const base::Error& failed);

/// What a router answers where it has no such path, or the path but not the method.
http::Response not_found(const http::Request& request);
http::Response method_not_allowed(const http::Request& request);

/// 401 {"detail":"…"} with `WWW-Authenticate: Token`.
http::Response not_provided();
http::Response invalid_token();

}  // namespace parley::api
