#include "api/chat_stream.h"

#include "api/answers.h"
#include "api/credential.h"
#include "api/idempotency.h"
#include "http/event_stream.h"
#include "json/write.h"

namespace parley::api {
namespace {

void append_delta(std::string& out, std::string_view text) {
  std::string data;
  json::ObjectWriter(data).string("text", text).end();
  http::append_event(out, "delta", data);
}

/// `done` is a chat::TurnReply or a store::Replay.
template <class Done>
void append_done(std::string& out, const Done& done, std::string_view finish_reason) {
  std::string data;
  json::ObjectWriter(data)
      .integer("turn", done.turn.value)
      .integer("conversation", done.conversation.value)
      .string("response", done.response)
      .integer("charge", done.charge.count())
      .integer("balance", done.available.count())
      .string("finish_reason", finish_reason)
      .end();
  http::append_event(out, "done", data);
}

}  // namespace

http::Response ChatStreamFormat::head() {
  return http::event_stream_head();
}

void ChatStreamFormat::delta(std::string& out, std::string delta) {
  append_delta(out, delta);
}

void ChatStreamFormat::finish(std::string& out, chat::TurnReply reply) {
  append_done(out, reply, reply.reply.finish_reason);
}

void ChatStreamFormat::fail(std::string& out, const base::Error& error) {
  log_failure(error, request_id_);
  std::string data;
  json::ObjectWriter(data).string("error", error.message).end();
  http::append_event(out, "error", data);
}

http::Response ChatStreamFormat::refuse(const base::Error& error) {
  return failure(error, shape_of(error), request_id_);
}

http::Response replayed_chat_stream(const store::Replay& replay) {
  http::Response response = http::event_stream_head();
  append_delta(response.body, replay.response);
  append_done(response.body, replay, replay.finish_reason);
  mark_replayed(response);
  return response;
}

}  // namespace parley::api
