#include "engines/messages_request.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "engines/completion_json.h"
#include "engines/conversation.h"
#include "engines/translated_messages.h"
#include "engines/translation_faults.h"
#include "json/parse.h"
#include "json/write.h"

namespace parley::engines {
namespace {

namespace boost_json = boost::json;

using Value = boost_json::value;

constexpr std::string_view any_input = R"({"type":"object","properties":{}})";

/// Fields that ask for what there is not, whatever they say.
constexpr std::string_view without_equal[] = {"functions", "function_call", "audio", "web_search_options"};

void begin(std::string& body, const Call& call, std::int64_t output_max) {
  body += R"({"model":)";
  json::append_string(body, call.model);
  body.append(R"(,"max_tokens":)").append(std::to_string(output_max));
}

void finish(std::string& body, Delivery delivery) {
  if (delivery == Delivery::stream) body += R"(,"stream":true)";
  body += '}';
}

bool is(const Value& value, std::string_view text) noexcept {
  return value.is_string() && value.get_string() == text;
}

/// Whether the field asks for nothing that matters.
bool says_nothing_new(std::string_view name, const Value& value) {
  if (name == "response_format") return text_member(&value, "type") == "text";
  if (name == "logprobs") return value.is_bool() && !value.get_bool();
  if (name == "top_logprobs") return value.is_int64() && value.get_int64() == 0;
  if (name == "logit_bias") return value.is_object() && value.get_object().empty();
  if (name == "modalities") {
    return value.is_array() && std::ranges::all_of(value.get_array(), [](const Value& it) { return is(it, "text"); });
  }
  return false;
}

base::Result<void> check_fields(const Value& root) {
  for (const std::string_view name : without_equal) {
    if (given(root, name) != nullptr) return unknown_field(name);
  }
  for (const std::string_view name : {"response_format", "logprobs", "top_logprobs", "logit_bias", "modalities"}) {
    const auto* value = given(root, name);
    if (value != nullptr && !says_nothing_new(name, *value)) return unknown_field(name);
  }
  return {};
}

/// A whole number above 0; what only an unsigned one can hold is as good as no limit.
std::optional<std::int64_t> limit_in(const Value& value) noexcept {
  if (value.is_uint64()) return std::numeric_limits<std::int64_t>::max();
  if (!value.is_int64() || value.get_int64() < 1) return std::nullopt;
  return value.get_int64();
}

base::Result<std::int64_t> output_limit(const Value& root, const Call& call, std::int64_t output_max_default) {
  std::optional<std::int64_t> lowest = call.output_max;
  for (const std::string_view name : {"max_completion_tokens", "max_tokens"}) {
    const auto* value = given(root, name);
    if (value == nullptr) continue;
    const auto limit = limit_in(*value);
    if (!limit) return unreadable_field(name);
    lowest = std::min(*limit, lowest.value_or(*limit));
  }
  return lowest.value_or(output_max_default);
}

std::string number_text(double number) {
  char text[32];
  const auto [end, failure] = std::to_chars(std::begin(text), std::end(text), number);
  return {text, end};
}

base::Result<void> add_number(std::string& body, const Value& root, std::string_view name, double most) {
  const auto* value = given(root, name);
  if (value == nullptr) return {};
  if (!value->is_number()) return unreadable_field(name);
  const double number = std::clamp(value->to_number<double>(), 0.0, most);
  body.append(R"(,")").append(name).append(R"(":)").append(number_text(number));
  return {};
}

base::Result<void> add_stop(std::string& body, const Value& root) {
  const auto* stop = given(root, "stop");
  if (stop == nullptr) return {};
  const boost_json::array sequences = stop->is_array() ? stop->get_array() : boost_json::array{*stop};
  if (!std::ranges::all_of(sequences, [](const Value& it) { return it.is_string(); })) return unreadable_field("stop");
  if (!sequences.empty()) body.append(R"(,"stop_sequences":)").append(boost_json::serialize(sequences));
  return {};
}

base::Result<void> add_user(std::string& body, const Value& root) {
  const auto* user = given(root, "user");
  if (user == nullptr) return {};
  if (!user->is_string()) return unreadable_field("user");
  if (user->get_string().empty()) return {};
  body += R"(,"metadata":)";
  json::ObjectWriter(body).string("user_id", user->get_string()).end();
  return {};
}

base::Result<std::string> tool(const Value& value, const std::string& place) {
  if (text_member(&value, "type") != "function") return unknown_field(place + ".type");
  const auto* function = given(value, "function");
  const auto name = text_member(function, "name");
  if (!name) return unreadable_field(place + ".function.name");
  std::string text;
  json::ObjectWriter object(text);
  object.string("name", *name);
  if (const auto description = text_member(function, "description"); description && !description->empty()) {
    object.string("description", *description);
  }
  const auto* parameters = given(*function, "parameters");
  if (parameters != nullptr && !parameters->is_object()) return unreadable_field(place + ".function.parameters");
  const bool any = parameters == nullptr || parameters->get_object().empty();
  object.raw("input_schema", any ? std::string(any_input) : boost_json::serialize(*parameters)).end();
  return text;
}

base::Result<void> add_tools(std::string& body, const Value& tools) {
  if (!tools.is_array()) return unreadable_field("tools");
  body += R"(,"tools":[)";
  for (std::size_t i = 0; i < tools.get_array().size(); ++i) {
    TRY(const std::string text, tool(tools.get_array()[i], "tools[" + std::to_string(i) + ']'));
    if (i > 0) body += ',';
    body += text;
  }
  body += ']';
  return {};
}

struct ToolChoice {
  std::string_view type = "auto";
  std::string_view name = {};
};

base::Result<ToolChoice> read_tool_choice(const Value& choice) {
  if (is(choice, "auto")) return ToolChoice{.type = "auto"};
  if (is(choice, "none")) return ToolChoice{.type = "none"};
  if (is(choice, "required")) return ToolChoice{.type = "any"};
  if (!choice.is_object()) return unreadable_field("tool_choice");
  if (text_member(&choice, "type") != "function") return unknown_field("tool_choice.type");
  const auto name = text_member(given(choice, "function"), "name");
  if (!name) return unreadable_field("tool_choice.function.name");
  return ToolChoice{.type = "tool", .name = *name};
}

base::Result<void> add_tool_choice(std::string& body, const Value& root, bool has_tools) {
  const auto* given_choice = given(root, "tool_choice");
  const auto* parallel = given(root, "parallel_tool_calls");
  if (parallel != nullptr && !parallel->is_bool()) return unreadable_field("parallel_tool_calls");
  const bool one_at_a_time = has_tools && parallel != nullptr && !parallel->get_bool();
  ToolChoice choice;
  if (given_choice != nullptr) {
    TRY(choice, read_tool_choice(*given_choice));
  } else if (!one_at_a_time) {
    return {};
  }
  body += R"(,"tool_choice":)";
  json::ObjectWriter object(body);
  object.string("type", choice.type);
  if (!choice.name.empty()) object.string("name", choice.name);
  if (one_at_a_time && choice.type != "none") object.boolean("disable_parallel_tool_use", true);
  object.end();
  return {};
}

}  // namespace

std::string messages_request(const Prompt& prompt, Delivery delivery, std::int64_t output_max_default) {
  Conversation conversation;
  for (const Message& message : prompt.messages) {
    switch (message.role) {
      case Role::system: conversation.add_system(message.text); break;
      case Role::user: conversation.add_text(Speaker::user, message.text); break;
      case Role::assistant: conversation.add_text(Speaker::assistant, message.text); break;
    }
  }
  std::string body;
  begin(body, prompt.call, prompt.call.output_max.value_or(output_max_default));
  conversation.write(body);
  finish(body, delivery);
  return body;
}

base::Result<std::string> translated_request(const RelayedRequest& request, std::int64_t output_max_default) {
  const auto document = json::parse(request.body);
  if (!document || !document->root.is_object()) return unreadable_field("the request");
  const Value& root = document->root;
  TRY_VOID(check_fields(root));
  const auto* messages = given(root, "messages");
  if (messages == nullptr) return unreadable_field("messages");
  TRY(const Conversation conversation, translated_messages(*messages));
  TRY(const std::int64_t output_max, output_limit(root, request.call, output_max_default));

  std::string body;
  begin(body, request.call, output_max);
  conversation.write(body);
  const auto* tools = given(root, "tools");
  const bool has_tools = tools != nullptr && !(tools->is_array() && tools->get_array().empty());
  if (has_tools) TRY_VOID(add_tools(body, *tools));
  TRY_VOID(add_tool_choice(body, root, has_tools));
  TRY_VOID(add_stop(body, root));
  TRY_VOID(add_number(body, root, "temperature", 1.0));
  TRY_VOID(add_number(body, root, "top_p", 1.0));
  TRY_VOID(add_user(body, root));
  finish(body, request.stream ? Delivery::stream : Delivery::whole);
  return body;
}

}  // namespace parley::engines
