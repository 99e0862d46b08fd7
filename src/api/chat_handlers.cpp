#include "api/chat_handlers.h"

#include <algorithm>
#include <utility>

#include "api/answers.h"
#include "api/chat_stream.h"
#include "api/credential.h"
#include "api/form.h"
#include "api/idempotency.h"
#include "api/spending_limits.h"
#include "api/turn_stream.h"
#include "json/write.h"

namespace parley::api {
namespace {

http::Response refuse_for(const store::Shortfall& shortfall, base::Timestamp now) {
  http::Response response = error(402, shortfall_sentence(shortfall));
  add_shortfall_headers(response, shortfall, now);
  return response;
}

std::int64_t code_points(std::string_view utf8) noexcept {
  return std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

template <class Saved>
http::Response reply_to(std::string_view message, const Saved& saved) {
  std::string body;
  body.reserve(message.size() + saved.response.size() + 64);
  json::ObjectWriter(body).string("message", message).string("response", saved.response).end();
  http::Response response = answer(200, std::move(body));
  add_turn_headers(response, saved);
  return response;
}

http::Response replay_of(const store::Replay& replay) {
  http::Response response = reply_to(replay.message, replay);
  mark_replayed(response);
  return response;
}

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
  const auto model = submission.form.optional("model", errors);
  const auto conversation = submission.form.optional_integer("conversation", errors);
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
  if (model) asked.turn.model = turns_.catalog().find(*model);
  asked.model_is_unknown = model && asked.turn.model == nullptr;
  if (conversation) asked.turn.conversation = base::ConversationId{*conversation};
  co_return asked;
}

async::Task<http::Response> ChatHandlers::chat(const http::Request& request) {
  auto read = co_await read_turn(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  auto& asked = std::get<Asked>(read);
  if (asked.model_is_unknown) co_return co_await refuse_model(std::move(asked), request);
  if (asked.streamed) co_return co_await stream(std::move(asked.turn), request);
  co_return co_await answer_whole(std::move(asked.turn), request);
}

/// 400, unless the credential is bad, or the idempotency key knows the answer still.
async::Task<http::Response> ChatHandlers::refuse_model(Asked asked, const http::Request& request) {
  if (asked.turn.idempotency) {
    const auto replay = co_await turns_.find_replay(asked.turn.credential, *asked.turn.idempotency);
    if (replay.has_error()) co_return credential_failure(replay.error(), Shape::detail, request, usual_refusals);
    if (*replay) co_return asked.streamed ? replayed_chat_stream(**replay) : replay_of(**replay);
  }
  FieldErrors errors;
  errors.add("model", "There is no such model; GET /api/models/ lists what there is.");
  co_return co_await refuse_form(store_, asked.turn.credential, errors.response(), request, usual_refusals);
}

async::Task<http::Response> ChatHandlers::answer_whole(chat::TurnRequest turn, const http::Request& request) {
  const std::string message = turn.message;
  const auto outcome = co_await turns_.run(std::move(turn));
  if (outcome.has_error()) {
    co_return credential_failure(outcome.error(), shape_of(outcome.error()), request, usual_refusals);
  }
  if (const auto* shortfall = std::get_if<store::Shortfall>(&*outcome)) co_return refuse_for(*shortfall, clock_.now());
  if (const auto* replay = std::get_if<store::Replay>(&*outcome)) co_return replay_of(*replay);
  const auto& reply = std::get<chat::TurnReply>(*outcome);
  co_return reply_to(message, reply);
}

async::Task<http::Response> ChatHandlers::stream(chat::TurnRequest turn, const http::Request& request) {
  auto outcome = co_await turns_.stream(std::move(turn));
  if (outcome.has_error()) {
    co_return credential_failure(outcome.error(), shape_of(outcome.error()), request, usual_refusals);
  }
  if (const auto* shortfall = std::get_if<store::Shortfall>(&*outcome)) co_return refuse_for(*shortfall, clock_.now());
  if (const auto* replay = std::get_if<store::Replay>(&*outcome)) co_return replayed_chat_stream(*replay);
  http::Response response;
  response.stream = std::make_unique<TurnStream>(std::move(std::get<chat::TurnEvents>(*outcome)),
                                                 std::make_unique<ChatStreamFormat>(request.id));
  co_return response;
}

async::Task<http::Response> ChatHandlers::quote(const http::Request& request) {
  auto read = co_await read_turn(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  auto& asked = std::get<Asked>(read);
  if (asked.model_is_unknown) co_return co_await refuse_model(std::move(asked), request);
  const auto quote = co_await turns_.quote(std::move(asked.turn));
  if (quote.has_error()) co_return credential_failure(quote.error(), Shape::detail, request, usual_refusals);
  std::string body;
  json::ObjectWriter object(body);
  object.string("model", quote->model->name)
      .integer("hold", quote->hold.count())
      .integer("charge_min", quote->charge_min.count())
      .integer("input_model_tokens", quote->input_model_tokens);
  quote->output_max ? object.integer("output_model_tokens_max", *quote->output_max)
                    : object.null("output_model_tokens_max");
  object.boolean("affordable", quote->affordable).end();
  co_return answer(200, std::move(body));
}

}  // namespace parley::api
