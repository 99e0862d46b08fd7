#include "engines/conversation.h"

#include "json/write.h"

namespace parley::engines {

void Conversation::add_system(std::string_view text) {
  if (text.empty()) return;
  if (!system_.empty()) system_ += '\n';
  system_ += text;
}

void Conversation::add_text(Speaker speaker, std::string_view text) {
  if (text.empty()) return;
  std::string block;
  json::ObjectWriter(block).string("type", "text").string("text", text).end();
  add_block(speaker, block);
}

void Conversation::add_block(Speaker speaker, std::string_view block) {
  if (turns_.empty() || turns_.back().speaker != speaker) {
    turns_.push_back({.speaker = speaker, .blocks = {}});
  } else {
    turns_.back().blocks += ',';
  }
  turns_.back().blocks += block;
}

void Conversation::write(std::string& body) const {
  if (!system_.empty()) {
    body += R"(,"system":)";
    json::append_string(body, system_);
  }
  body += R"(,"messages":[)";
  std::string_view separator;
  for (const Turn& turn : turns_) {
    body += separator;
    body += turn.speaker == Speaker::user ? R"({"role":"user","content":[)" : R"({"role":"assistant","content":[)";
    body.append(turn.blocks).append("]}");
    separator = ",";
  }
  body += ']';
}

}  // namespace parley::engines
