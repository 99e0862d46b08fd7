#pragma once
// Reading `text/event-stream`, by the rules of the HTML standard
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation), from bytes that may be
// split anywhere. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parley::engines {

struct StreamEvent {
  std::string type = "message";
  std::string data;  ///< its lines joined by LF
};

/// Lines end with LF, CR or CRLF; a byte order mark at the start is skipped, comments and fields other than `event` and
/// `data` are ignored, and an event without data, or without the empty line that ends it, is none. Reconnecting is not
/// a relay's business, so `id` and `retry` mean nothing here.
class EventStreamParser {
 public:
  /// `event_bytes_max` is for one line as for the data of one event.
  explicit EventStreamParser(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

  /// The next event, and takes what it read off the front of `bytes`. Nothing: all of `bytes` is read and there is no
  /// further event, or the stream is refused.
  std::optional<StreamEvent> next(std::string_view& bytes);

  /// True once a line or an event was beyond the limit; nothing more comes then.
  bool refused() const noexcept { return refused_; }

 private:
  bool take_line(std::string_view& bytes);
  std::optional<StreamEvent> end_line();
  void take_field(std::string_view line);
  void skip_byte_order_mark(std::string_view& bytes);

  std::size_t event_bytes_max_;
  std::string line_;  ///< so far
  std::string type_;
  std::string data_;
  std::size_t mark_bytes_seen_ = 0;
  bool begun_ = false;
  bool after_cr_ = false;
  bool refused_ = false;
};

}  // namespace parley::engines
