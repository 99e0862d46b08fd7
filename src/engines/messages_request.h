#pragma once
// The bodies of requests to Anthropic's Messages API (https://docs.anthropic.com/en/api/messages): of a prompt, and of
// an OpenAI client's request put into that API's words. Pure.

#include <cstdint>
#include <string>

#include "base/error.h"
#include "engines/chat_completion.h"
#include "engines/engine.h"

namespace parley::engines {

/// {"model":…,"max_tokens":…,"system":…,"messages":[…]}, compact; `max_tokens` is the call's limit of output, or
/// `output_max_default`. A message without text is left out.
std::string messages_request(const Prompt& prompt, Delivery delivery, std::int64_t output_max_default);

/// What goes along: the messages (see translated_messages()), tools and tool_choice, parallel_tool_calls, max_tokens
/// and max_completion_tokens (the lower of them and of the call's limit, else `output_max_default`), stop, temperature
/// (brought to 0 … 1), top_p, and user as metadata.user_id.
///
/// What is left out because an answer without it still answers: seed, presence_penalty, frequency_penalty, metadata,
/// prediction, reasoning_effort, verbosity, service_tier, store, background, stream_options, a tool's `strict`, and
/// what nobody knows.
///
/// `engine_refused` names what would change the answer's meaning: response_format other than text, logprobs,
/// top_logprobs, logit_bias, audio, modalities other than text, web_search_options, legacy functions and function_call,
/// tools that are no functions. `n` is the caller's to check.
base::Result<std::string> translated_request(const RelayedRequest& request, std::int64_t output_max_default);

}  // namespace parley::engines
