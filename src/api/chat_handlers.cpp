#include "api/chat_handlers.h"

#include <algorithm>
#include <utility>

#include "api/answers.h"
#include "api/chat_stream.h"
#include "api/credential.h"
#include "api/form.h"
#include "api/idempotency.h"
#include "api/turn_stream.h"
#include "json/write.h"

namespace parley::api {
namespace {

std::int64_t code_points(std::string_view utf8) noexcept {
  return std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

/// What a turn that was saved is answered with, now or once more.
struct Saved {
  std::string_view message;
  std::string_view response;
  base::TurnId turn;
  base::Tokens charge;
  base::Tokens available;
};

http::Response reply_to(const Saved& saved) {
  std::string body;
  body.reserve(saved.message.size() + saved.response.size() + 64);
  json::ObjectWriter(body).string("message", saved.message).string("response", saved.response).end();
  http::Response response = answer(200, std::move(body));
  add_turn_headers(response, saved.turn, saved.charge, saved.available);
  return response;
}

http::Response replay_of(const store::Replay& replay) {
  http::Response response = reply_to({.message = replay.message,
                                      .response = replay.response,
                                      .turn = replay.turn,
                                      .charge = replay.charge,
                                      .available = replay.available});
  mark_replayed(response);
  return response;
}

http::Response refuse_for(const store::Shortfall& shortfall) {
  http::Response response =
      error(402, shortfall.key_allowance ? "This API key's limit is reached" : "Insufficient tokens");
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

async::Task<std::variant<ChatHandlers::Asked, http::Response>> ChatHandlers::read_turn(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto& submission = std::get<Submission>(read);

  FieldErrors errors;
  const std::string_view message = submission.form.required("message", Blank::white_space, errors);
  if (errors.empty() && code_points(message) > message_characters_max_) {
    errors.add("message",
               "Ensure this field has no more than " + std::to_string(message_characters_max_) + " characters.");
  }
  const bool streamed = submission.form.optional_boolean("stream", errors).value_or(false);
  Asked asked;
  asked.streamed = streamed;
  if (request.header("idempotency-key")) {
    auto idempotency = read_idempotency(request, "/api/chat/", submission.form.canonical());
    if (auto* valid = std::get_if<std::optional<store::Idempotency>>(&idempotency)) {
      asked.turn.idempotency = std::move(*valid);
    } else {
      errors.add("Idempotency-Key", idempotency_key_rule);
    }
  }
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, submission.credential, errors.response(), request, usual_refusals);
  }
  asked.turn.credential = submission.credential;
  asked.turn.message = std::string(message);
  co_return asked;
}

async::Task<http::Response> ChatHandlers::chat(const http::Request& request) {
  auto read = co_await read_turn(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  auto& asked = std::get<Asked>(read);
  if (asked.streamed) co_return co_await stream(std::move(asked.turn), request);
  co_return co_await answer_whole(std::move(asked.turn), request);
}

async::Task<http::Response> ChatHandlers::answer_whole(chat::TurnRequest turn, const http::Request& request) {
  const std::string message = turn.message;
  const auto outcome = co_await turns_.run(std::move(turn));
  if (outcome.has_error()) {
    co_return credential_failure(outcome.error(), shape_of(outcome.error()), request, usual_refusals);
  }
  if (const auto* shortfall = std::get_if<store::Shortfall>(&*outcome)) co_return refuse_for(*shortfall);
  if (const auto* replay = std::get_if<store::Replay>(&*outcome)) co_return replay_of(*replay);
  const auto& reply = std::get<chat::TurnReply>(*outcome);
  co_return reply_to({.message = message,
                      .response = reply.response,
                      .turn = reply.turn,
                      .charge = reply.charge,
                      .available = reply.available});
}

async::Task<http::Response> ChatHandlers::stream(chat::TurnRequest turn, const http::Request& request) {
  auto outcome = co_await turns_.stream(std::move(turn));
  if (outcome.has_error()) {
    co_return credential_failure(outcome.error(), shape_of(outcome.error()), request, usual_refusals);
  }
  if (const auto* shortfall = std::get_if<store::Shortfall>(&*outcome)) co_return refuse_for(*shortfall);
  if (const auto* replay = std::get_if<store::Replay>(&*outcome)) co_return replayed_chat_stream(*replay);
  http::Response response;
  response.stream = std::make_unique<TurnStream>(std::move(std::get<chat::TurnEvents>(*outcome)),
                                                 std::make_unique<ChatStreamFormat>(request.id));
  co_return response;
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
