#pragma once
// The body of a whole reply of Anthropic's Messages API (https://docs.anthropic.com/en/api/messages). Pure.

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "engines/engine.h"

namespace parley::engines {

/// The text of its text blocks; thoughts and blocks that nobody knows say nothing. For usage see MessageUsage.
/// `engine_failed` where it is not such a reply; the detail says what is wrong and quotes nothing of it.
base::Result<Reply> parse_message(std::string_view body);

/// The same for a relayed request: calls of tools are saved too, and `relayed` is a chat completion in OpenAI's words.
/// `created` is in seconds since 1970.
base::Result<Reply> parse_relayed_message(std::string_view body, std::int64_t created);

}  // namespace parley::engines
