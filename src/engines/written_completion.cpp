#include "engines/written_completion.h"

#include "json/write.h"

namespace parley::engines {
namespace {

std::string usage_object(const Usage& usage) {
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

std::string chunk_with(const CompletionHead& head, std::string_view choices) {
  std::string text;
  json::ObjectWriter object(text);
  begin(object, head, "chat.completion.chunk").raw("choices", choices).end();
  return text;
}

std::string delta_chunk(const CompletionHead& head, std::string_view delta) {
  std::string choice;
  json::ObjectWriter(choice).integer("index", 0).raw("delta", delta).null("finish_reason").end();
  return chunk_with(head, '[' + choice + ']');
}

std::string function_object(const ToolCall& call) {
  std::string object;
  json::ObjectWriter(object).string("name", call.name).string("arguments", call.arguments).end();
  return object;
}

std::string calls_array(const std::vector<ToolCall>& calls) {
  std::string array;
  for (const ToolCall& call : calls) {
    array += array.empty() ? '[' : ',';
    json::ObjectWriter(array)
        .string("id", call.id)
        .string("type", "function")
        .raw("function", function_object(call))
        .end();
  }
  return array + ']';
}

std::string calls_delta(std::string_view call) {
  std::string delta;
  json::ObjectWriter(delta).raw("tool_calls", '[' + std::string(call) + ']').end();
  return delta;
}

}  // namespace

std::string written_completion(const CompletionHead& head, std::string_view text, const std::vector<ToolCall>& calls,
                               std::string_view finish_reason, const std::optional<Usage>& usage) {
  std::string message;
  json::ObjectWriter fields(message);
  fields.string("role", "assistant");
  if (text.empty() && !calls.empty()) {
    fields.null("content");
  } else {
    fields.string("content", text);
  }
  fields.null("refusal");
  if (!calls.empty()) fields.raw("tool_calls", calls_array(calls));
  fields.end();
  std::string choice;
  json::ObjectWriter(choice)
      .integer("index", 0)
      .raw("message", message)
      .null("logprobs")
      .string("finish_reason", finish_reason)
      .end();
  std::string body;
  json::ObjectWriter object(body);
  begin(object, head, "chat.completion").raw("choices", '[' + choice + ']');
  if (usage) object.raw("usage", usage_object(*usage));
  object.end();
  return body;
}

std::string role_chunk(const CompletionHead& head) {
  return delta_chunk(head, R"({"role":"assistant","content":""})");
}

std::string text_chunk(const CompletionHead& head, std::string_view text) {
  std::string delta;
  json::ObjectWriter(delta).string("content", text).end();
  return delta_chunk(head, delta);
}

std::string call_chunk(const CompletionHead& head, std::size_t index, const ToolCall& call) {
  std::string begun;
  json::ObjectWriter(begun)
      .integer("index", static_cast<std::int64_t>(index))
      .string("id", call.id)
      .string("type", "function")
      .raw("function", function_object(call))
      .end();
  return delta_chunk(head, calls_delta(begun));
}

std::string arguments_chunk(const CompletionHead& head, std::size_t index, std::string_view arguments) {
  std::string function;
  json::ObjectWriter(function).string("arguments", arguments).end();
  std::string call;
  json::ObjectWriter(call).integer("index", static_cast<std::int64_t>(index)).raw("function", function).end();
  return delta_chunk(head, calls_delta(call));
}

std::string finish_chunk(const CompletionHead& head, std::string_view finish_reason) {
  std::string choice;
  json::ObjectWriter(choice).integer("index", 0).raw("delta", "{}").string("finish_reason", finish_reason).end();
  return chunk_with(head, '[' + choice + ']');
}

std::string usage_chunk(const CompletionHead& head, const Usage& usage) {
  std::string text;
  json::ObjectWriter object(text);
  begin(object, head, "chat.completion.chunk").raw("choices", "[]").raw("usage", usage_object(usage)).end();
  return text;
}

}  // namespace parley::engines
