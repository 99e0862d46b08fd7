#pragma once
// Chat completions and chunks of them that Parley writes itself, where the engine speaks another language than OpenAI's
// (https://platform.openai.com/docs/api-reference/chat/object).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/turn.h"

namespace parley::api {

/// What all chunks of one completion share.
struct CompletionHead {
  std::string id;            ///< "chatcmpl-…"
  std::int64_t created = 0;  ///< seconds since 1970
  std::string model;
};

/// The whole completion, as a response's body.
std::string completion_body(const CompletionHead& head, std::string_view text, const engines::Reply& reply);

/// Chunks, as the data of events: the first one with the role, one with more text, the one with the finish reason, and
/// the one with the usage.
std::string role_chunk(const CompletionHead& head);
std::string text_chunk(const CompletionHead& head, std::string_view text);
std::string finish_chunk(const CompletionHead& head, std::string_view finish_reason);
std::string usage_chunk(const CompletionHead& head, const engines::Usage& usage);

/// The head of a chunk that an engine wrote; what it lacks is empty.
CompletionHead head_of_chunk(std::string_view data);

}  // namespace parley::api
