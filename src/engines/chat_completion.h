#pragma once
// The body of a chat completion and of its reply, as OpenAI's API reference has them and many servers follow
// (https://platform.openai.com/docs/api-reference/chat). Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engines/engine.h"

namespace parley::engines {

/// {"model":…,"messages":[{"role":…,"content":…},…]}, compact.
std::string completion_request(std::string_view model, const std::vector<Message>& messages);

/// The first choice's text: a string, an array of parts whose text parts are joined, or null (empty). Usage counts only
/// where it is credible: both are whole numbers in 0 … 2^53−1, and a text that is not empty cost some output.
/// `engine_failed` where it is not such a reply; the detail says what is wrong and quotes nothing of it.
base::Result<Reply> parse_completion(std::string_view body);

}  // namespace parley::engines
