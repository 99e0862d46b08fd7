#include "api/chat_handlers.h"

#include <algorithm>
#include <utility>

#include "api/answers.h"
#include "api/credential.h"
#include "api/form.h"
#include "json/write.h"

namespace parley::api {
namespace {

std::int64_t code_points(std::string_view utf8) noexcept {
  return std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

http::Response reply_to(std::string_view message, const chat::TurnReply& reply) {
  std::string body;
  body.reserve(message.size() + reply.response.size() + 64);
  json::ObjectWriter(body).string("message", message).string("response", reply.response).end();
  http::Response response = answer(200, std::move(body));
  response.headers.emplace_back("Parley-Balance", std::to_string(reply.available.count()));
  response.headers.emplace_back("Parley-Charge", std::to_string(reply.charge.count()));
  response.headers.emplace_back("Parley-Turn", std::to_string(reply.turn.value));
  return response;
}

http::Response refuse_for(const store::Shortfall& shortfall) {
  http::Response response = error(402, "Insufficient tokens");
  response.headers.emplace_back("Parley-Balance", std::to_string(shortfall.balance.available().count()));
  if (shortfall.only_held()) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response balance_not_provided() {
  http::Response response = error(401, "login before checking balance");
  response.headers.emplace_back("WWW-Authenticate", "Token");
  return response;
}

http::Response balance_invalid() {
  http::Response response = error(401, "An unexpected error occurred: Token matching query does not exist.");
  response.headers.emplace_back("WWW-Authenticate", "Token");
  return response;
}

constexpr CredentialRefusals balance_refusals{.not_provided = &balance_not_provided, .invalid = &balance_invalid};

}  // namespace

async::Task<std::variant<chat::TurnRequest, http::Response>> ChatHandlers::read_turn(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto& submission = std::get<Submission>(read);

  FieldErrors errors;
  const std::string_view message = submission.form.required("message", Blank::white_space, errors);
  if (errors.empty() && code_points(message) > message_characters_max_) {
    errors.add("message",
               "Ensure this field has no more than " + std::to_string(message_characters_max_) + " characters.");
  }
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, submission.credential, errors.response(), request, usual_refusals);
  }
  co_return chat::TurnRequest{.credential = submission.credential, .message = std::string(message)};
}

async::Task<http::Response> ChatHandlers::chat(const http::Request& request) {
  auto read = co_await read_turn(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  auto& turn = std::get<chat::TurnRequest>(read);

  const std::string message = turn.message;
  const auto outcome = co_await turns_.run(std::move(turn));
  if (outcome.has_error()) {
    const base::ErrorCode code = outcome.error().code;
    const bool engine = code == base::ErrorCode::engine_failed || code == base::ErrorCode::engine_busy ||
                        code == base::ErrorCode::engine_timeout;
    co_return credential_failure(outcome.error(), engine ? Shape::error : Shape::detail, request, usual_refusals);
  }
  if (const auto* shortfall = std::get_if<store::Shortfall>(&*outcome)) co_return refuse_for(*shortfall);
  co_return reply_to(message, std::get<chat::TurnReply>(*outcome));
}

async::Task<http::Response> ChatHandlers::balance(const http::Request& request) {
  auto read = co_await read_submission(store_, request, balance_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);

  const auto balance = co_await store_.balance(std::get<Submission>(read).credential);
  if (balance.has_error()) co_return credential_failure(balance.error(), Shape::detail, request, balance_refusals);
  std::string body;
  json::ObjectWriter(body).integer("token_balance", balance->available().count()).end();
  co_return answer(200, std::move(body));
}

}  // namespace parley::api
