#include "engines/messages_reply.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "engines/completion_json.h"
#include "engines/messages_json.h"
#include "engines/verdict.h"
#include "engines/written_completion.h"
#include "json/parse.h"

namespace parley::engines {
namespace {

using Value = boost::json::value;

struct Content {
  std::string text;
  std::vector<ToolCall> calls;
};

base::Result<void> read_block(const Value& block, Content& content) {
  const auto type = text_member(&block, "type");
  if (!type) return engine_failed("a block of the reply has no type");
  if (*type == "text") {
    const auto text = text_member(&block, "text");
    if (!text) return engine_failed("a text of the reply has no text");
    content.text += *text;
  } else if (*type == "tool_use") {
    const auto id = text_member(&block, "id");
    const auto name = text_member(&block, "name");
    const auto* input = member(&block, "input");
    if (!id || !name || input == nullptr || !input->is_object()) return engine_failed("the reply calls no tool");
    content.calls.push_back(
        {.id = std::string(*id), .name = std::string(*name), .arguments = boost::json::serialize(*input)});
  }
  return {};
}

base::Result<Content> read_content(const Value& root) {
  const auto* blocks = member(&root, "content");
  if (blocks == nullptr || !blocks->is_array()) return engine_failed("the reply has no content");
  Content content;
  for (const Value& block : blocks->get_array()) TRY_VOID(read_block(block, content));
  return content;
}

/// All but text and body.
Reply reply_of(const Value& root, bool says_something) {
  Reply reply;
  MessageUsage usage;
  usage.take(member(&root, "usage"));
  reply.usage = usage.credible(says_something);
  reply.finish_reason = finish_reason_for(text_member(&root, "stop_reason").value_or(""));
  reply.says_something = says_something;
  return reply;
}

}  // namespace

base::Result<Reply> parse_message(std::string_view body) {
  const auto document = json::parse(body);
  if (!document) return engine_failed("the reply is no JSON");
  TRY(Content content, read_content(document->root));
  Reply reply = reply_of(document->root, !content.text.empty());
  reply.text = std::move(content.text);
  return reply;
}

base::Result<Reply> parse_relayed_message(std::string_view body, std::int64_t created) {
  const auto document = json::parse(body);
  if (!document) return engine_failed("the reply is no JSON");
  const Value& root = document->root;
  TRY(Content content, read_content(root));
  Reply reply = reply_of(root, !content.text.empty() || !content.calls.empty());
  const CompletionHead head{.id = completion_id(text_member(&root, "id").value_or("")),
                            .created = created,
                            .model = std::string(text_member(&root, "model").value_or(""))};
  reply.relayed = written_completion(head, content.text, content.calls, reply.finish_reason, reply.usage);
  reply.text = std::move(content.text);
  for (const ToolCall& call : content.calls) reply.text.append(call.name).append(call.arguments);
  return reply;
}

}  // namespace parley::engines
