#include "engines/chat_completion.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <charconv>
#include <optional>

#include "engines/completion_json.h"
#include "engines/verdict.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace parley::engines {
namespace {

constexpr std::string_view usage_option = R"({"include_usage":true})";
constexpr std::string_view output_limits[] = {"max_completion_tokens", "max_tokens"};
constexpr std::string_view costly_options[] = {"service_tier", "store", "background"};

std::string_view name_of(Role role) noexcept {
  switch (role) {
    case Role::system: return "system";
    case Role::user: return "user";
    case Role::assistant: return "assistant";
  }
  return "user";
}

std::string with_usage(std::optional<std::string_view> stream_options) {
  if (!stream_options || !stream_options->starts_with('{')) return std::string(usage_option);
  const json::Change change[] = {{.name = "include_usage", .value = "true"}};
  return json::with_changes(*stream_options, change);
}

/// Whether the JSON is no number beyond `most`; what is none at all is for the engine to judge.
bool within(std::string_view value, std::int64_t most) noexcept {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failure == std::errc::invalid_argument) return true;
  return failure == std::errc() && end == value.data() + value.size() && number <= most;
}

void limit_output(std::string_view body, std::int64_t most, std::vector<json::Change>& changes) {
  bool limited = false;
  for (const std::string_view name : output_limits) {
    const auto value = json::find_member(body, name);
    if (!value || *value == "null") continue;
    limited = true;
    if (!within(*value, most)) changes.push_back({.name = name, .value = std::to_string(most)});
  }
  if (!limited) changes.push_back({.name = output_limits[0], .value = std::to_string(most)});
}

/// What a message says to its user.
std::optional<std::string> message_text(const boost::json::value* message) {
  const auto* content = member(message, "content");
  std::string text;
  if (content != nullptr) {
    auto read = content_text(*content);
    if (!read) return std::nullopt;
    text = std::move(*read);
  }
  const auto* refusal = member(message, "refusal");
  if (text.empty() && refusal != nullptr && refusal->is_string()) text = refusal->get_string();
  return text + tool_calls_text(member(message, "tool_calls"));
}

}  // namespace

std::string completion_request(std::string_view model, const Prompt& prompt, Delivery delivery) {
  const std::vector<Message>& messages = prompt.messages;
  std::string body = R"({"model":)";
  json::append_string(body, model);
  body += R"(,"messages":[)";
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (i > 0) body += ',';
    json::ObjectWriter(body).string("role", name_of(messages[i].role)).string("content", messages[i].text).end();
  }
  body += ']';
  if (prompt.call.output_max) {
    body.append(R"(,")").append(output_limits[0]).append(R"(":)").append(std::to_string(*prompt.call.output_max));
  }
  if (delivery == Delivery::stream) body.append(R"(,"stream":true,"stream_options":)").append(usage_option);
  return body += '}';
}

std::string relayed_body(const RelayedRequest& request, std::string_view model) {
  std::vector<json::Change> changes;
  std::string quoted_model;
  json::append_string(quoted_model, model);
  changes.push_back({.name = "model", .value = std::move(quoted_model)});
  if (request.stream && !request.wants_usage) {
    changes.push_back(
        {.name = "stream_options", .value = with_usage(json::find_member(request.body, "stream_options"))});
  }
  for (const std::string_view name : costly_options) {
    const bool passes = std::ranges::find(request.passes, name) != request.passes.end();
    if (!passes) changes.push_back({.name = name, .value = std::nullopt});
  }
  if (request.call.output_max) limit_output(request.body, *request.call.output_max, changes);
  return json::with_changes(request.body, changes);
}

base::Result<Reply> parse_completion(std::string_view body) {
  const auto document = json::parse(body);
  if (!document) return engine_failed("the reply is no JSON");
  const auto* choice = first_choice(document->root);
  if (choice == nullptr) return engine_failed("the reply has no choices");
  const auto* content = member(member(choice, "message"), "content");
  if (content == nullptr) return engine_failed("the reply's choice has no content");
  auto text = content_text(*content);
  if (!text) return engine_failed("the reply's content is of an unknown type");
  Reply reply{.text = std::move(*text)};
  reply.says_something = !reply.text.empty();
  reply.usage = credible_usage(member(&document->root, "usage"), reply.says_something);
  reply.finish_reason = finish_reason_of(choice).value_or("stop");
  return reply;
}

base::Result<Reply> parse_relayed_completion(std::string_view body) {
  const auto document = json::parse(body);
  if (!document) return engine_failed("the reply is no JSON");
  const auto* choice = first_choice(document->root);
  if (choice == nullptr) return engine_failed("the reply has no choices");
  const auto* message = member(choice, "message");
  if (message == nullptr) return engine_failed("the reply's choice has no message");
  auto text = message_text(message);
  if (!text) return engine_failed("the reply's content is of an unknown type");
  Reply reply{.text = std::move(*text)};
  reply.says_something = says_something(message);
  reply.usage = credible_usage(member(&document->root, "usage"), reply.says_something);
  reply.finish_reason = finish_reason_of(choice).value_or("stop");
  reply.relayed = body;
  return reply;
}

}  // namespace parley::engines
