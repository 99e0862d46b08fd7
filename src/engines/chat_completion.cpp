#include "engines/chat_completion.h"

#include <boost/json/value.hpp>
#include <optional>

#include "base/tokens.h"
#include "engines/verdict.h"
#include "json/parse.h"
#include "json/write.h"

namespace parley::engines {
namespace {

namespace boost_json = boost::json;

std::string_view name_of(Role role) noexcept {
  switch (role) {
    case Role::system: return "system";
    case Role::user: return "user";
    case Role::assistant: return "assistant";
  }
  return "user";
}

const boost_json::value* member(const boost_json::value* value, std::string_view name) noexcept {
  if (value == nullptr || !value->is_object()) return nullptr;
  return value->get_object().if_contains(name);
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

std::optional<std::int64_t> credible_count(const boost_json::value* value) noexcept {
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  const std::int64_t count = value->get_int64();
  if (count < 0 || count > base::Tokens::count_max) return std::nullopt;
  return count;
}

std::optional<Usage> credible_usage(const boost_json::value* usage, bool has_text) noexcept {
  const auto input = credible_count(member(usage, "prompt_tokens"));
  const auto output = credible_count(member(usage, "completion_tokens"));
  if (!input || !output || (has_text && *output == 0)) return std::nullopt;
  return Usage{.input_model_tokens = *input, .output_model_tokens = *output};
}

}  // namespace

std::string completion_request(std::string_view model, const std::vector<Message>& messages) {
  std::string body = R"({"model":)";
  json::append_string(body, model);
  body += R"(,"messages":[)";
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (i > 0) body += ',';
    json::ObjectWriter(body).string("role", name_of(messages[i].role)).string("content", messages[i].text).end();
  }
  return body += "]}";
}

base::Result<Reply> parse_completion(std::string_view body) {
  const auto document = json::parse(body);
  if (!document) return engine_failed("the reply is no JSON");
  const auto* choices = member(&document->root, "choices");
  if (choices == nullptr || !choices->is_array() || choices->get_array().empty()) {
    return engine_failed("the reply has no choices");
  }
  const auto* content = member(member(&choices->get_array().front(), "message"), "content");
  if (content == nullptr) return engine_failed("the reply's choice has no content");
  auto text = content_text(*content);
  if (!text) return engine_failed("the reply's content is of an unknown type");
  const auto usage = credible_usage(member(&document->root, "usage"), !text->empty());
  return Reply{.text = std::move(*text), .usage = usage};
}

}  // namespace parley::engines
