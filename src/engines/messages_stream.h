#pragma once
// Reads a streamed reply of Anthropic's Messages API while it comes
// (https://docs.anthropic.com/en/docs/build-with-claude/streaming), and says it on as text or as OpenAI's chunks.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engines/completion_stream.h"
#include "engines/engine.h"
#include "engines/event_stream_parser.h"
#include "engines/messages_json.h"
#include "engines/reply_stream.h"
#include "engines/written_completion.h"

namespace parley::engines {

/// Thoughts, and blocks, deltas and events that nobody knows, are passed over. Whatever is said in the wrong order is
/// refused.
class MessagesStream final : public ReplyStream {
 public:
  using Mode = CompletionStream::Mode;  ///< the chunks are written here, the one with the usage where it is credible

  /// The listener outlives this; it hears of the reply's beginning with the first block that is no empty text, so that
  /// a server which complains before that can be asked again, or another. `created` (seconds since 1970) is for the
  /// chunks, `event_bytes_max` for one event.
  MessagesStream(ReplyListener& listener, Mode mode, std::int64_t created, std::size_t event_bytes_max);

  void opened() override {}
  Taken take(std::string_view bytes) override;

  /// message_stop has come.
  bool complete() const noexcept override { return complete_; }
  bool said_something() const noexcept override { return said_something_; }
  bool finished() const noexcept override { return finish_reason_.has_value(); }
  const std::string& fault() const noexcept override { return fault_; }
  /// An `error` event: before anything was said as the status that it stands for, after that a failure.
  std::optional<Verdict> complaint() const override { return complaint_; }
  Reply take_reply() override;

 private:
  enum class Block { none, text, call, other };

  bool relays() const noexcept { return mode_ != Mode::text; }
  /// These return whether all is well; else the fault is noted.
  bool take_event(std::string_view data);
  bool start(const boost::json::value& event);
  bool start_block(const boost::json::value& event);
  bool start_call(const boost::json::value* block);
  bool take_delta(const boost::json::value& event);
  bool stop_block();
  bool take_message_delta(const boost::json::value& event);
  bool stop();
  bool complain(const boost::json::value& event);
  bool fail(std::string_view fault);
  bool is_of_open_block(const boost::json::value& event) const noexcept;

  void open();
  void say_text(std::string_view text);
  void say_arguments(std::string_view arguments);
  void say(std::string_view text, std::string_view chunk);

  ReplyListener& listener_;
  Mode mode_;
  EventStreamParser parser_;
  CompletionHead head_;
  MessageUsage usage_;
  std::string fault_;
  std::optional<Verdict> complaint_;
  std::optional<std::string> finish_reason_;

  Block block_ = Block::none;     ///< the one that is open: the API's come one after the other
  std::int64_t block_index_ = 0;  ///< its own
  std::size_t calls_ = 0;         ///< begun so far
  std::string unsaid_arguments_;  ///< what the open call's are where no delta brings any
  bool started_ = false;
  bool opened_ = false;
  bool complete_ = false;
  bool said_something_ = false;
};

}  // namespace parley::engines
