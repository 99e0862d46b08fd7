#pragma once
// The body of a chat completion and of its reply, as OpenAI's API reference has them and many servers follow
// (https://platform.openai.com/docs/api-reference/chat). Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engines/engine.h"

namespace parley::engines {

enum class Delivery { whole, stream };

/// {"model":…,"messages":[{"role":…,"content":…},…]}, compact, with the call's limit of output; a stream's with the
/// options that bring its usage.
std::string completion_request(std::string_view model, const Prompt& prompt, Delivery delivery);

/// The client's body, every byte as it was but for the model's name, a stream's option that brings its usage, limits of
/// output beyond ours, and `service_tier`, `store` and `background`, which go unless they may pass: they would cost
/// what nobody pays.
std::string relayed_body(const RelayedRequest& request, std::string_view model);

/// The first choice's text: a string, an array of parts whose text parts are joined, or null (empty). Usage counts only
/// where it is credible: both are whole numbers in 0 … 2^53−1, and a text that is not empty cost some output.
/// `engine_failed` where it is not such a reply; the detail says what is wrong and quotes nothing of it.
base::Result<Reply> parse_completion(std::string_view body);

/// The same for a relayed request: the text to save may be that of tool calls or a refusal, and the body comes along.
base::Result<Reply> parse_relayed_completion(std::string_view body);

}  // namespace parley::engines
