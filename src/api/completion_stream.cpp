#include "api/completion_stream.h"

#include "api/answers.h"
#include "api/openai_error.h"
#include "http/event_stream.h"
#include "json/write.h"

namespace parley::api {
namespace {

constexpr std::string_view last_data = "[DONE]";

void append_data(std::string& out, std::string_view data) {
  http::append_event(out, "", data);
}

http::Response stream_head(std::string_view request_id) {
  http::Response head = http::event_stream_head();
  add_openai_request_id(head, request_id);
  return head;
}

http::Response refusal_of(const base::Error& error, std::string_view request_id) {
  http::Response response = openai_failure(error, request_id);
  add_openai_request_id(response, request_id);
  return response;
}

void append_failure(std::string& out, const base::Error& error, std::string_view request_id) {
  log_failure(error, request_id);
  std::string data;
  json::ObjectWriter(data)
      .raw("error",
           openai_error_object(openai_status_of(error.code), error.message, {.code = openai_code_of(error.code)}))
      .end();
  append_data(out, data);
}

void append_end(std::string& out, const CompletionHead& head, bool wants_usage, const engines::Reply& reply) {
  append_data(out, finish_chunk(head, reply.finish_reason));
  if (wants_usage && reply.usage) append_data(out, usage_chunk(head, *reply.usage));
  append_data(out, last_data);
}

void append_relayed_end(std::string& out, std::string_view first_chunk, const engines::Reply& reply) {
  for (const std::string& data : reply.closing) append_data(out, data);
  if (reply.cut_off) append_data(out, finish_chunk(head_of_chunk(first_chunk), reply.finish_reason));
  append_data(out, last_data);
}

}  // namespace

http::Response WrittenCompletionStream::head() {
  return stream_head(request_id_);
}

void WrittenCompletionStream::begin(std::string& out) {
  append_data(out, role_chunk(head_));
}

void WrittenCompletionStream::delta(std::string& out, std::string delta) {
  append_data(out, text_chunk(head_, delta));
}

void WrittenCompletionStream::finish(std::string& out, chat::TurnReply reply) {
  append_end(out, head_, wants_usage_, reply.reply);
}

void WrittenCompletionStream::fail(std::string& out, const base::Error& error) {
  append_failure(out, error, request_id_);
}

http::Response WrittenCompletionStream::refuse(const base::Error& error) {
  return refusal_of(error, request_id_);
}

http::Response RelayedCompletionStream::head() {
  return stream_head(request_id_);
}

void RelayedCompletionStream::delta(std::string& out, std::string delta) {
  append_data(out, delta);
  if (first_chunk_.empty()) first_chunk_ = std::move(delta);
}

void RelayedCompletionStream::finish(std::string& out, chat::TurnReply reply) {
  append_relayed_end(out, first_chunk_, reply.reply);
}

void RelayedCompletionStream::fail(std::string& out, const base::Error& error) {
  append_failure(out, error, request_id_);
}

http::Response RelayedCompletionStream::refuse(const base::Error& error) {
  return refusal_of(error, request_id_);
}

std::string written_completion_events(const CompletionHead& head, bool wants_usage, const chat::Answer& answer) {
  std::string out;
  append_data(out, role_chunk(head));
  append_data(out, text_chunk(head, answer.text));
  append_end(out, head, wants_usage, answer.reply);
  return out;
}

std::string relayed_completion_events(const chat::Answer& answer) {
  std::string out;
  for (const std::string& chunk : answer.chunks) append_data(out, chunk);
  append_relayed_end(out, answer.chunks.empty() ? std::string_view() : answer.chunks.front(), answer.reply);
  return out;
}

}  // namespace parley::api
