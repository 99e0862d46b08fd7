#include "api/completion_handlers.h"

#include <utility>

#include "api/answers.h"
#include "api/completion_answer.h"
#include "api/completion_stream.h"
#include "api/credential.h"
#include "api/idempotency.h"
#include "api/model_handlers.h"
#include "api/openai_error.h"
#include "api/turn_stream.h"
#include "http/event_stream.h"
#include "http/grammar.h"

namespace parley::api {

/// A request that may go to the engine.
struct CompletionHandlers::Asked {
  chat::TurnRequest turn;
  CompletionHead head;  ///< of what is written here
  std::string model;
  bool streamed = false;
  bool wants_usage = false;
  bool relayed = false;
};

namespace {

constexpr std::string_view endpoint = "/v1/chat/completions";

bool is_json(const http::Request& request) {
  const std::string_view content_type = request.header("content-type").value_or("application/json");
  return http::equal_ignoring_case(http::trimmed(content_type.substr(0, content_type.find(';'))), "application/json");
}

http::Response replay_of(const store::Replay& replay, bool streamed) {
  http::Response response = streamed ? http::event_stream_head() : http::Response();
  response.body = replay.answer;
  add_turn_headers(response, replay);
  mark_replayed(response);
  return response;
}

}  // namespace

async::Task<http::Response> CompletionHandlers::complete(const http::Request& request) {
  auto presented = read_credential(request, openai_refusals);
  if (auto* refused = std::get_if<http::Response>(&presented)) co_return std::move(*refused);
  const store::Presented credential = std::get<store::Presented>(presented);

  auto read = this->read(request);
  if (auto* refused = std::get_if<http::Response>(&read)) {
    co_return co_await refuse(request, credential, std::move(*refused));
  }
  Asked asked = std::move(std::get<Asked>(read));
  asked.turn.credential = credential;
  if (asked.turn.model == nullptr) {
    if (asked.turn.idempotency) {
      const auto replay = co_await turns_.find_replay(credential, *asked.turn.idempotency);
      if (replay.has_error()) co_return openai_failure(replay.error(), request.id);
      if (*replay) co_return replay_of(**replay, asked.streamed);
    }
    co_return co_await refuse(request, credential, model_not_found(asked.model));
  }
  if (asked.streamed) co_return co_await stream(std::move(asked), request);
  co_return co_await answer_whole(std::move(asked), request);
}

std::variant<CompletionHandlers::Asked, http::Response> CompletionHandlers::read(const http::Request& request) const {
  if (!is_json(request)) return openai_error(415, "The body must be of type application/json.");
  auto read = read_completion(request.body);
  if (const auto* fault = std::get_if<CompletionFault>(&read)) {
    return openai_error(400, fault->message, {.param = fault->param});
  }
  auto idempotency = read_idempotency(request, endpoint, request.body);
  if (std::holds_alternative<InvalidIdempotencyKey>(idempotency)) {
    return openai_error(400, idempotency_key_rule, {.param = "Idempotency-Key"});
  }

  CompletionForm& form = std::get<CompletionForm>(read);
  Asked asked;
  asked.model = std::move(form.model);
  asked.streamed = form.stream;
  asked.wants_usage = form.wants_usage;
  asked.turn.model = turns_.catalog().find(asked.model);
  asked.turn.work = {.prompt = form.size, .output_asked = form.output_asked};
  asked.relayed = asked.turn.model != nullptr && turns_.relays(*asked.turn.model);
  asked.turn.message = std::move(form.message);
  asked.turn.idempotency = std::move(std::get<std::optional<store::Idempotency>>(idempotency));
  if (asked.relayed) {
    asked.turn.relayed =
        engines::RelayedRequest{.body = request.body, .stream = form.stream, .wants_usage = form.wants_usage};
    asked.turn.keep_answer = [streamed = form.stream](const chat::Answer& answer) {
      return streamed ? relayed_completion_events(answer) : answer.reply.relayed;
    };
    return asked;
  }
  asked.turn.prompt = std::move(form.prompt);
  asked.head = {.id = "chatcmpl-" + request.id,
                .created = std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count(),
                .model = asked.model};
  asked.turn.keep_answer = [head = asked.head, streamed = form.stream,
                            wants_usage = form.wants_usage](const chat::Answer& answer) {
    return streamed ? written_completion_events(head, wants_usage, answer)
                    : completion_body(head, answer.text, answer.reply);
  };
  return asked;
}

/// `refusal`, unless the credential is bad: that is reported first.
async::Task<http::Response> CompletionHandlers::refuse(const http::Request& request, store::Presented credential,
                                                       http::Response refusal) {
  const auto account = co_await store_.authenticate(credential);
  if (account.has_error()) co_return openai_failure(account.error(), request.id);
  co_return refusal;
}

async::Task<http::Response> CompletionHandlers::answer_whole(Asked asked, const http::Request& request) {
  auto outcome = co_await turns_.run(std::move(asked.turn));
  if (outcome.has_error()) co_return openai_failure(outcome.error(), request.id);
  if (const auto* shortfall = std::get_if<store::Shortfall>(&*outcome))
    co_return openai_shortfall(*shortfall, clock_.now());
  if (const auto* replay = std::get_if<store::Replay>(&*outcome)) co_return replay_of(*replay, false);
  auto& reply = std::get<chat::TurnReply>(*outcome);
  http::Response response = answer(
      200, asked.relayed ? std::move(reply.reply.relayed) : completion_body(asked.head, reply.response, reply.reply));
  add_turn_headers(response, reply);
  co_return response;
}

async::Task<http::Response> CompletionHandlers::stream(Asked asked, const http::Request& request) {
  auto outcome = co_await turns_.stream(std::move(asked.turn));
  if (outcome.has_error()) co_return openai_failure(outcome.error(), request.id);
  if (const auto* shortfall = std::get_if<store::Shortfall>(&*outcome))
    co_return openai_shortfall(*shortfall, clock_.now());
  if (const auto* replay = std::get_if<store::Replay>(&*outcome)) co_return replay_of(*replay, true);
  std::unique_ptr<StreamFormat> format;
  if (asked.relayed) {
    format = std::make_unique<RelayedCompletionStream>(request.id);
  } else {
    format = std::make_unique<WrittenCompletionStream>(request.id, std::move(asked.head), asked.wants_usage);
  }
  http::Response response;
  response.stream = std::make_unique<TurnStream>(std::move(std::get<chat::TurnEvents>(*outcome)), std::move(format));
  co_return response;
}

}  // namespace parley::api
