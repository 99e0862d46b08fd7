#pragma once
// Chat completions and chunks of them as an engine writes them whose server speaks another language than OpenAI's
// (https://platform.openai.com/docs/api-reference/chat/object). Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/engine.h"

namespace parley::engines {

/// What all chunks of one completion share.
struct CompletionHead {
  std::string id;            ///< "chatcmpl-…"
  std::int64_t created = 0;  ///< seconds since 1970
  std::string model;
};

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  ///< JSON
};

/// The whole completion. Its content is null where it is empty and there are calls.
std::string written_completion(const CompletionHead& head, std::string_view text, const std::vector<ToolCall>& calls,
                               std::string_view finish_reason, const std::optional<Usage>& usage);

/// Chunks: the first one with the role, one with more text, the first of a call, one with more of its arguments, the
/// one with the finish reason, and the one with the usage.
std::string role_chunk(const CompletionHead& head);
std::string text_chunk(const CompletionHead& head, std::string_view text);
std::string call_chunk(const CompletionHead& head, std::size_t index, const ToolCall& call);
std::string arguments_chunk(const CompletionHead& head, std::size_t index, std::string_view arguments);
std::string finish_chunk(const CompletionHead& head, std::string_view finish_reason);
std::string usage_chunk(const CompletionHead& head, const Usage& usage);

}  // namespace parley::engines
