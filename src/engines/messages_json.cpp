#include "engines/messages_json.h"

#include "base/tokens.h"
#include "engines/completion_json.h"

namespace parley::engines {

std::string_view finish_reason_for(std::string_view stop_reason) noexcept {
  if (stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded") return "length";
  if (stop_reason == "tool_use") return "tool_calls";
  if (stop_reason == "refusal") return "content_filter";
  return "stop";  // end_turn, stop_sequence, pause_turn
}

std::string completion_id(std::string_view message_id) {
  constexpr std::string_view prefix = "msg_";
  if (message_id.starts_with(prefix)) message_id.remove_prefix(prefix.size());
  return "chatcmpl-" + std::string(message_id);
}

void MessageUsage::take(std::optional<std::int64_t>& figure, const boost::json::value* usage, std::string_view name) {
  const auto* value = member(usage, name);
  if (value == nullptr || value->is_null()) return;
  figure = credible_count(value);
  absurd_ = absurd_ || !figure;
}

void MessageUsage::take_input(const boost::json::value* usage) {
  take(input_, usage, "input_tokens");
  take(cache_written_, usage, "cache_creation_input_tokens");
  take(cache_read_, usage, "cache_read_input_tokens");
}

void MessageUsage::take(const boost::json::value* usage) {
  take_input(usage);
  take(output_, usage, "output_tokens");
}

std::optional<Usage> MessageUsage::credible(bool says_something) const noexcept {
  if (absurd_ || !input_ || !output_ || (says_something && *output_ == 0)) return std::nullopt;
  const std::int64_t input = *input_ + cache_written_.value_or(0) + cache_read_.value_or(0);
  if (input > base::Tokens::count_max) return std::nullopt;
  return Usage{.input_model_tokens = input, .output_model_tokens = *output_};
}

}  // namespace parley::engines
