#include "engines/completion_json.h"

#include "base/tokens.h"

namespace parley::engines {
namespace {

namespace boost_json = boost::json;

std::string_view text_of(const boost_json::value* value) noexcept {
  if (value == nullptr || !value->is_string()) return {};
  return value->get_string();
}

/// The text of one part; empty for parts of another type, nothing where it is no part.
std::optional<std::string_view> part_text(const boost_json::value& part) {
  const auto* type = member(&part, "type");
  if (type == nullptr || !type->is_string()) return std::nullopt;
  if (type->get_string() != "text") return "";
  const auto* text = member(&part, "text");
  if (text == nullptr || !text->is_string()) return std::nullopt;
  return std::string_view(text->get_string());
}

bool is_empty(const boost_json::value& value) noexcept {
  switch (value.kind()) {
    case boost_json::kind::null: return true;
    case boost_json::kind::string: return value.get_string().empty();
    case boost_json::kind::array: return value.get_array().empty();
    case boost_json::kind::object: return value.get_object().empty();
    default: return false;
  }
}

}  // namespace

const boost_json::value* member(const boost_json::value* value, std::string_view name) noexcept {
  if (value == nullptr || !value->is_object()) return nullptr;
  return value->get_object().if_contains(name);
}

std::optional<std::string_view> text_member(const boost_json::value* value, std::string_view name) noexcept {
  const auto* found = member(value, name);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string_view(found->get_string());
}

const boost_json::value* given(const boost_json::value& value, std::string_view name) noexcept {
  const auto* found = member(&value, name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

const boost_json::value* first_choice(const boost_json::value& completion) noexcept {
  const auto* choices = member(&completion, "choices");
  if (choices == nullptr || !choices->is_array() || choices->get_array().empty()) return nullptr;
  return &choices->get_array().front();
}

std::optional<std::string> content_text(const boost_json::value& content) {
  if (content.is_null()) return "";
  if (content.is_string()) return std::string(content.get_string());
  if (!content.is_array()) return std::nullopt;
  std::string joined;
  for (const auto& part : content.get_array()) {
    const auto text = part_text(part);
    if (!text) return std::nullopt;
    joined += *text;
  }
  return joined;
}

std::string tool_calls_text(const boost_json::value* tool_calls) {
  std::string text;
  if (tool_calls == nullptr || !tool_calls->is_array()) return text;
  for (const auto& call : tool_calls->get_array()) {
    const auto* function = member(&call, "function");
    text.append(text_of(member(function, "name"))).append(text_of(member(function, "arguments")));
  }
  return text;
}

bool says_something(const boost_json::value* message) noexcept {
  if (message == nullptr || !message->is_object()) return false;
  for (const auto& part : message->get_object()) {
    if (part.key() != "role" && !is_empty(part.value())) return true;
  }
  return false;
}

std::optional<std::int64_t> credible_count(const boost_json::value* value) noexcept {
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  const std::int64_t count = value->get_int64();
  if (count < 0 || count > base::Tokens::count_max) return std::nullopt;
  return count;
}

std::optional<Usage> credible_usage(const boost_json::value* usage, bool says_something) noexcept {
  const auto input = credible_count(member(usage, "prompt_tokens"));
  const auto output = credible_count(member(usage, "completion_tokens"));
  if (!input || !output || (says_something && *output == 0)) return std::nullopt;
  return Usage{.input_model_tokens = *input, .output_model_tokens = *output};
}

std::optional<std::string> finish_reason_of(const boost_json::value* choice) {
  const auto* reason = member(choice, "finish_reason");
  if (reason == nullptr || !reason->is_string()) return std::nullopt;
  return std::string(reason->get_string());
}

}  // namespace parley::engines
