#include "engines/translated_messages.h"

#include <optional>
#include <string>
#include <string_view>

#include "engines/completion_json.h"
#include "engines/translation_faults.h"
#include "json/parse.h"
#include "json/write.h"

namespace parley::engines {
namespace {

namespace boost_json = boost::json;

using Value = boost_json::value;

std::string at(const std::string& place, std::size_t index) {
  return place + '[' + std::to_string(index) + ']';
}

/// The text of one part: of a text, or of a refusal that the assistant once gave.
base::Result<std::string_view> part_text(const Value& part, const std::string& place) {
  const auto type = text_member(&part, "type");
  if (!type) return unreadable_field(place + ".type");
  if (*type != "text" && *type != "refusal") return unknown_field(place + ".type");
  const auto text = text_member(&part, *type);
  if (!text) return unreadable_field(place + '.' + (*type == "text" ? "text" : "refusal"));
  return *text;
}

/// The text of a message that can have nothing else.
base::Result<std::string> content_text(const Value& message, const std::string& place) {
  const auto* content = given(message, "content");
  if (content == nullptr) return std::string();
  if (content->is_string()) return std::string(content->get_string());
  const std::string where = place + ".content";
  if (!content->is_array()) return unreadable_field(where);
  std::string joined;
  for (std::size_t i = 0; i < content->get_array().size(); ++i) {
    TRY(const std::string_view text, part_text(content->get_array()[i], at(where, i)));
    joined += text;
  }
  return joined;
}

/// "data:image/png;base64,…" in two.
struct DataUrl {
  std::string_view media_type;
  std::string_view data;
};

std::optional<DataUrl> read_data_url(std::string_view url) {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view encoding = ";base64";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  std::string_view kind = url.substr(0, comma);
  if (!kind.ends_with(encoding)) return std::nullopt;
  kind.remove_suffix(encoding.size());
  const DataUrl read{.media_type = kind.substr(0, kind.find(';')), .data = url.substr(comma + 1)};
  if (read.media_type.empty() || read.data.empty()) return std::nullopt;
  return read;
}

base::Result<std::string> image_block(const Value& part, const std::string& place) {
  const std::string where = place + ".image_url.url";
  const auto url = text_member(given(part, "image_url"), "url");
  if (!url) return unreadable_field(where);
  std::string source;
  if (const auto data = read_data_url(*url)) {
    json::ObjectWriter(source)
        .string("type", "base64")
        .string("media_type", data->media_type)
        .string("data", data->data)
        .end();
  } else if (url->starts_with("https://") || url->starts_with("http://")) {
    json::ObjectWriter(source).string("type", "url").string("url", *url).end();
  } else {
    return unreadable_field(where);
  }
  std::string block;
  json::ObjectWriter(block).string("type", "image").raw("source", source).end();
  return block;
}

base::Result<void> add_user_part(Conversation& conversation, const Value& part, const std::string& place) {
  if (text_member(&part, "type") == "image_url") {
    TRY(const std::string block, image_block(part, place));
    conversation.add_block(Speaker::user, block);
    return {};
  }
  TRY(const std::string_view text, part_text(part, place));
  conversation.add_text(Speaker::user, text);
  return {};
}

base::Result<void> add_user(Conversation& conversation, const Value& message, const std::string& place) {
  const auto* content = given(message, "content");
  if (content == nullptr || !content->is_array()) {
    TRY(const std::string text, content_text(message, place));
    conversation.add_text(Speaker::user, text);
    return {};
  }
  for (std::size_t i = 0; i < content->get_array().size(); ++i) {
    TRY_VOID(add_user_part(conversation, content->get_array()[i], at(place + ".content", i)));
  }
  return {};
}

/// The arguments as they were written, once they are an object; where there are none, an empty one.
base::Result<std::string_view> call_input(const Value* function, const std::string& place) {
  const auto arguments = text_member(function, "arguments");
  if (!arguments || arguments->empty()) return "{}";
  const auto parsed = json::parse(*arguments);
  if (!parsed || !parsed->root.is_object()) return unreadable_field(place + ".function.arguments");
  return *arguments;
}

base::Result<void> add_call(Conversation& conversation, const Value& call, const std::string& place) {
  if (text_member(&call, "type").value_or("function") != "function") return unknown_field(place + ".type");
  const auto id = text_member(&call, "id");
  if (!id) return unreadable_field(place + ".id");
  const auto* function = given(call, "function");
  const auto name = text_member(function, "name");
  if (!name) return unreadable_field(place + ".function.name");
  TRY(const std::string_view input, call_input(function, place));
  std::string block;
  json::ObjectWriter(block)
      .string("type", "tool_use")
      .string("id", *id)
      .string("name", *name)
      .raw("input", input)
      .end();
  conversation.add_block(Speaker::assistant, block);
  return {};
}

base::Result<void> add_assistant(Conversation& conversation, const Value& message, const std::string& place) {
  for (const char* name : {"audio", "function_call"}) {
    if (given(message, name) != nullptr) return unknown_field(place + '.' + name);
  }
  TRY(const std::string text, content_text(message, place));
  conversation.add_text(Speaker::assistant, text);
  conversation.add_text(Speaker::assistant, text_member(&message, "refusal").value_or(""));
  const auto* calls = given(message, "tool_calls");
  if (calls == nullptr) return {};
  const std::string where = place + ".tool_calls";
  if (!calls->is_array()) return unreadable_field(where);
  for (std::size_t i = 0; i < calls->get_array().size(); ++i) {
    TRY_VOID(add_call(conversation, calls->get_array()[i], at(where, i)));
  }
  return {};
}

base::Result<void> add_tool_result(Conversation& conversation, const Value& message, const std::string& place) {
  const auto id = text_member(&message, "tool_call_id");
  if (!id) return unreadable_field(place + ".tool_call_id");
  TRY(const std::string text, content_text(message, place));
  std::string block;
  json::ObjectWriter writer(block);
  writer.string("type", "tool_result").string("tool_use_id", *id);
  if (!text.empty()) writer.string("content", text);
  writer.end();
  conversation.add_block(Speaker::user, block);
  return {};
}

base::Result<void> add_system(Conversation& conversation, const Value& message, const std::string& place) {
  TRY(const std::string text, content_text(message, place));
  conversation.add_system(text);
  return {};
}

base::Result<void> add(Conversation& conversation, const Value& message, const std::string& place) {
  const auto role = text_member(&message, "role");
  if (!role) return unreadable_field(place + ".role");
  if (*role == "system" || *role == "developer") return add_system(conversation, message, place);
  if (*role == "user") return add_user(conversation, message, place);
  if (*role == "assistant") return add_assistant(conversation, message, place);
  if (*role == "tool") return add_tool_result(conversation, message, place);
  return unknown_field(place + ".role");
}

}  // namespace

base::Result<Conversation> translated_messages(const Value& messages) {
  if (!messages.is_array()) return unreadable_field("messages");
  Conversation conversation;
  for (std::size_t i = 0; i < messages.get_array().size(); ++i) {
    TRY_VOID(add(conversation, messages.get_array()[i], at("messages", i)));
  }
  return conversation;
}

}  // namespace parley::engines
