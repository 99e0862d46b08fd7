#pragma once
// What whole replies of Anthropic's Messages API and its streams have in common, read from parsed JSON
// (https://docs.anthropic.com/en/api/messages). Pure.

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engines/engine.h"

namespace parley::engines {

/// A stop_reason in OpenAI's words; "stop" for what nobody knows.
std::string_view finish_reason_for(std::string_view stop_reason) noexcept;

/// The id that a completion has for the message's: "chatcmpl-…".
std::string completion_id(std::string_view message_id);

/// The figures of a message, as its events say them one after the other; a later one counts in place of an earlier.
class MessageUsage {
 public:
  /// Of the event that begins a stream: its output is not what will have been said.
  void take_input(const boost::json::value* usage);
  void take(const boost::json::value* usage);

  /// Input is what was read anew, from the cache and into it. Nothing unless all figures are whole numbers in
  /// 0 … 2^53−1, as is their sum, and what said something cost some output.
  std::optional<Usage> credible(bool says_something) const noexcept;

 private:
  void take(std::optional<std::int64_t>& figure, const boost::json::value* usage, std::string_view name);

  std::optional<std::int64_t> input_;
  std::optional<std::int64_t> cache_written_;
  std::optional<std::int64_t> cache_read_;
  std::optional<std::int64_t> output_;
  bool absurd_ = false;
};

}  // namespace parley::engines
