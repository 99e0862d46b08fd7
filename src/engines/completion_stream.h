#pragma once
// Reads a streamed chat completion while it comes: the events' data goes on as it is, text and usage are read off
// beside (https://platform.openai.com/docs/api-reference/chat-streaming).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/engine.h"
#include "engines/event_stream_parser.h"
#include "engines/reply_stream.h"

namespace parley::engines {

/// What one chunk says.
struct Chunk {
  std::string text;             ///< to be saved
  bool says_something = false;  ///< some member of the delta beside the role is not empty
  bool only_usage = false;      ///< the chunk that "include_usage" brings
  std::optional<std::string> finish_reason;
  std::optional<Usage> usage;
};

/// `engine_failed` where it is no chunk, or an error in its place.
base::Result<Chunk> parse_chunk(std::string_view data);

class CompletionStream final : public ReplyStream {
 public:
  enum class Mode {
    text,              ///< the listener hears text
    relay,             ///< it hears the chunks as they came, but for the one that only has the usage
    relay_with_usage,  ///< it hears that one too
  };

  /// The listener outlives this. `event_bytes_max` is for one event.
  CompletionStream(ReplyListener& listener, Mode mode, std::size_t event_bytes_max)
      : listener_(listener), mode_(mode), parser_(event_bytes_max) {}

  void opened() override { listener_.open(); }
  Taken take(std::string_view bytes) override;

  /// [DONE] has come.
  bool complete() const noexcept override { return complete_; }
  bool said_something() const noexcept override { return said_something_; }
  bool finished() const noexcept override { return closing_; }
  const std::string& fault() const noexcept override { return fault_; }
  Reply take_reply() override;

 private:
  bool take_event(std::string data);

  ReplyListener& listener_;
  Mode mode_;
  EventStreamParser parser_;
  Reply reply_;
  std::string fault_;
  bool closing_ = false;
  bool complete_ = false;
  bool said_something_ = false;
};

}  // namespace parley::engines
