#include "engines/event_stream_parser.h"

#include <algorithm>
#include <utility>

namespace parley::engines {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Two searches for one character each are many times as fast as find_first_of("\r\n").
std::size_t end_of_line(std::string_view bytes) noexcept {
  const std::size_t lf = bytes.find('\n');
  const std::size_t cr = bytes.substr(0, lf).find('\r');
  return std::min(lf, cr);
}

}  // namespace

std::optional<StreamEvent> EventStreamParser::next(std::string_view& bytes) {
  skip_byte_order_mark(bytes);
  while (!refused_ && take_line(bytes)) {
    if (auto event = end_line()) return event;
  }
  return std::nullopt;
}

// The mark may come in pieces; what only begins like one belongs to the first line.
void EventStreamParser::skip_byte_order_mark(std::string_view& bytes) {
  while (!begun_ && !bytes.empty()) {
    if (bytes.front() == byte_order_mark[mark_bytes_seen_]) {
      bytes.remove_prefix(1);
      begun_ = ++mark_bytes_seen_ == byte_order_mark.size();
    } else {
      line_ = byte_order_mark.substr(0, mark_bytes_seen_);
      begun_ = true;
    }
  }
}

/// True where `line_` is a whole line now.
bool EventStreamParser::take_line(std::string_view& bytes) {
  if (bytes.empty()) return false;
  if (std::exchange(after_cr_, false) && bytes.front() == '\n') bytes.remove_prefix(1);
  const std::size_t end = end_of_line(bytes);
  const std::string_view part = bytes.substr(0, end);
  refused_ = part.size() > event_bytes_max_ - line_.size();
  if (refused_) return false;
  line_ += part;
  bytes.remove_prefix(part.size());
  if (bytes.empty()) return false;
  after_cr_ = bytes.front() == '\r';
  bytes.remove_prefix(1);
  return true;
}

std::optional<StreamEvent> EventStreamParser::end_line() {
  if (!line_.empty()) {
    take_field(line_);
    line_.clear();
    return std::nullopt;
  }
  std::string data = std::exchange(data_, {});
  std::string type = std::exchange(type_, {});
  if (data.empty()) return std::nullopt;
  data.pop_back();  // the last LF
  StreamEvent event;
  if (!type.empty()) event.type = std::move(type);
  event.data = std::move(data);
  return event;
}

void EventStreamParser::take_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    refused_ = value.size() >= event_bytes_max_ - std::min(data_.size(), event_bytes_max_);
    if (!refused_) data_.append(value).push_back('\n');
  } else if (name == "event") {
    type_ = value;
  }
}

}  // namespace parley::engines
