#pragma once
// The body of a chat completion request, as far as Parley looks into it
// (https://platform.openai.com/docs/api-reference/chat/create). Pure.

#include <string>
#include <string_view>
#include <variant>

#include "chat/turn.h"

namespace parley::api {

struct CompletionForm {
  std::string model;
  std::string message;                       ///< the text of the last message of the user
  engines::Prompt prompt;                    ///< for an engine that speaks another language: the messages' texts
  catalog::PromptSize size;                  ///< all texts of the messages, the tools and schemas as they were written
  std::optional<std::int64_t> output_asked;  ///< the larger of the limits that it names, in model tokens
  bool stream = false;
  bool wants_usage = false;  ///< of a stream: stream_options.include_usage
};

/// What is wrong with it, and where.
struct CompletionFault {
  std::string message;
  std::string param;
};

/// Knows model, messages, stream, stream_options, the limits of output, n and best_of; the rest is the engine's
/// business. More than one answer for one price is refused: `n` other than 1, and `best_of`.
std::variant<CompletionForm, CompletionFault> read_completion(std::string_view body);

}  // namespace parley::api
