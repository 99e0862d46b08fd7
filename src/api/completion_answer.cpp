#include "api/completion_answer.h"

#include <boost/json/value.hpp>

#include "json/parse.h"
#include "json/write.h"

namespace parley::api {
namespace {

std::string usage_object(const engines::Usage& usage) {
  std::string object;
  json::ObjectWriter(object)
      .integer("prompt_tokens", usage.input_model_tokens)
      .integer("completion_tokens", usage.output_model_tokens)
      .integer("total_tokens", usage.input_model_tokens + usage.output_model_tokens)
      .end();
  return object;
}

json::ObjectWriter& begin(json::ObjectWriter& object, const CompletionHead& head, std::string_view kind) {
  return object.string("id", head.id)
      .string("object", kind)
      .integer("created", head.created)
      .string("model", head.model);
}

std::string chunk(const CompletionHead& head, std::string_view choices) {
  std::string text;
  json::ObjectWriter object(text);
  begin(object, head, "chat.completion.chunk").raw("choices", choices).end();
  return text;
}

/// The array of the one choice, with its delta.
std::string choices_with(std::string_view delta, std::string_view finish_reason) {
  std::string choice;
  json::ObjectWriter object(choice);
  object.integer("index", 0).raw("delta", delta);
  if (finish_reason.empty()) {
    object.null("finish_reason");
  } else {
    object.string("finish_reason", finish_reason);
  }
  object.end();
  return '[' + choice + ']';
}

}  // namespace

std::string completion_body(const CompletionHead& head, std::string_view text, const engines::Reply& reply) {
  std::string message;
  json::ObjectWriter(message).string("role", "assistant").string("content", text).null("refusal").end();
  std::string choice;
  json::ObjectWriter(choice)
      .integer("index", 0)
      .raw("message", message)
      .null("logprobs")
      .string("finish_reason", reply.finish_reason)
      .end();
  std::string body;
  json::ObjectWriter object(body);
  begin(object, head, "chat.completion").raw("choices", '[' + choice + ']');
  if (reply.usage) object.raw("usage", usage_object(*reply.usage));
  object.end();
  return body;
}

std::string role_chunk(const CompletionHead& head) {
  return chunk(head, choices_with(R"({"role":"assistant","content":""})", ""));
}

std::string text_chunk(const CompletionHead& head, std::string_view text) {
  std::string delta;
  json::ObjectWriter(delta).string("content", text).end();
  return chunk(head, choices_with(delta, ""));
}

std::string finish_chunk(const CompletionHead& head, std::string_view finish_reason) {
  return chunk(head, choices_with("{}", finish_reason));
}

std::string usage_chunk(const CompletionHead& head, const engines::Usage& usage) {
  std::string text;
  json::ObjectWriter object(text);
  begin(object, head, "chat.completion.chunk").raw("choices", "[]").raw("usage", usage_object(usage)).end();
  return text;
}

CompletionHead head_of_chunk(std::string_view data) {
  CompletionHead head;
  const auto document = json::parse(data);
  const auto* chunk = document.has_value() ? document->root.if_object() : nullptr;
  if (chunk == nullptr) return head;
  const auto text = [chunk](std::string_view name) {
    const auto* value = chunk->if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  head.id = text("id");
  head.model = text("model");
  const auto* created = chunk->if_contains("created");
  if (created != nullptr && created->is_int64()) head.created = created->get_int64();
  return head;
}

}  // namespace parley::api
