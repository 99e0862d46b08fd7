#include "api/completion_form.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <limits>

#include "json/members.h"
#include "json/parse.h"

namespace parley::api {
namespace {

namespace boost_json = boost::json;

/// Tools and their schemas have many values; more than these no client sends.
constexpr json::Limits completion_limits{.depth_max = 32, .values_max = 100'000};

const boost_json::value* member(const boost_json::value& value, std::string_view name) noexcept {
  const auto* object = value.if_object();
  const auto* found = object == nullptr ? nullptr : object->if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string_view text_of(const boost_json::value* value) noexcept {
  if (value == nullptr || !value->is_string()) return {};
  return value->get_string();
}

/// The text of a message: its content, or its content's text parts.
std::string content_of(const boost_json::value& message) {
  const auto* content = member(message, "content");
  if (content == nullptr) return {};
  if (content->is_string()) return std::string(content->get_string());
  std::string text;
  if (const auto* parts = content->if_array()) {
    for (const auto& part : *parts) text += text_of(member(part, "text"));
  }
  return text;
}

/// Members whose text the model reads as it stands.
constexpr std::string_view schema_members[] = {"tools", "functions", "response_format"};
constexpr std::string_view output_limits[] = {"max_completion_tokens", "max_tokens"};

void add_content(const boost_json::value& value, catalog::PromptSize& size);

void add_member(std::string_view name, const boost_json::value& value, catalog::PromptSize& size) {
  if (name == "image_url") {
    ++size.images;
  } else if (name != "role" && name != "type") {
    add_content(value, size);
  }
}

/// All text within a message, images apart: they are counted.
void add_content(const boost_json::value& value, catalog::PromptSize& size) {
  if (value.is_string()) {
    size.bytes += value.get_string().size();
  } else if (value.is_array()) {
    for (const auto& item : value.get_array()) add_content(item, size);
  } else if (value.is_object()) {
    for (const auto& member : value.get_object()) add_member(member.key(), member.value(), size);
  }
}

std::optional<std::int64_t> output_asked(const boost_json::value& root) {
  std::optional<std::int64_t> asked;
  for (const std::string_view name : output_limits) {
    const auto* limit = member(root, name);
    if (limit == nullptr) continue;
    const std::int64_t number = limit->is_int64() ? limit->get_int64() : std::numeric_limits<std::int64_t>::max();
    asked = std::max(asked.value_or(number), number);
  }
  return asked;
}

engines::Role role_of(std::string_view name) noexcept {
  if (name == "assistant") return engines::Role::assistant;
  if (name == "system" || name == "developer") return engines::Role::system;
  return engines::Role::user;
}

std::variant<CompletionForm, CompletionFault> read_fields(const boost_json::value& root) {
  CompletionForm form;
  const auto* model = member(root, "model");
  if (model == nullptr || !model->is_string() || model->get_string().empty()) {
    return CompletionFault{"You must provide a model, as text.", "model"};
  }
  form.model = std::string(model->get_string());

  const auto* messages = member(root, "messages");
  if (messages == nullptr || !messages->is_array() || messages->get_array().empty()) {
    return CompletionFault{"You must provide messages: an array with at least one.", "messages"};
  }
  std::size_t index = 0;
  for (const auto& message : messages->get_array()) {
    const std::string place = "messages[" + std::to_string(index++) + "]";
    if (!message.is_object()) return CompletionFault{"A message must be an object.", place};
    const std::string_view role = text_of(member(message, "role"));
    if (role.empty()) return CompletionFault{"A message must have a role, as text.", place + ".role"};
    const auto* content = member(message, "content");
    if (content != nullptr && !content->is_string() && !content->is_array()) {
      return CompletionFault{"A message's content must be text, or an array of parts.", place + ".content"};
    }
    add_content(message, form.size);
    ++form.size.messages;
    std::string text = content_of(message);
    if (role == "user") form.message = text;
    form.prompt.messages.push_back({.role = role_of(role), .text = std::move(text)});
  }

  form.output_asked = output_asked(root);

  if (const auto* stream = member(root, "stream")) {
    if (!stream->is_bool()) return CompletionFault{"It must be true or false.", "stream"};
    form.stream = stream->get_bool();
  }
  if (const auto* options = member(root, "stream_options")) {
    if (!options->is_object()) return CompletionFault{"It must be an object.", "stream_options"};
    const auto* include_usage = member(*options, "include_usage");
    form.wants_usage = include_usage != nullptr && include_usage->is_bool() && include_usage->get_bool();
  }
  if (const auto* n = member(root, "n"); n != nullptr && !(n->is_int64() && n->get_int64() == 1)) {
    return CompletionFault{"Only one answer is given to a request: n must be 1.", "n"};
  }
  if (member(root, "best_of") != nullptr) {
    return CompletionFault{"Only one answer is given to a request: best_of is not supported.", "best_of"};
  }
  return form;
}

}  // namespace

std::variant<CompletionForm, CompletionFault> read_completion(std::string_view body) {
  const auto document = json::parse(body, completion_limits);
  if (document.has_error()) return CompletionFault{"The body is not valid JSON: " + document.error().message + ".", ""};
  if (!document->root.is_object()) return CompletionFault{"The body must be a JSON object.", ""};
  auto read = read_fields(document->root);
  if (auto* form = std::get_if<CompletionForm>(&read)) {
    for (const std::string_view name : schema_members) {
      form->size.bytes += json::find_member(body, name).value_or("").size();
    }
  }
  return read;
}

}  // namespace parley::api
