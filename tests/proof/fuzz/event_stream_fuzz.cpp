// The reader of `text/event-stream`: any split gives the same events, those that the HTML standard's rules give on the
// whole text, and what the server writes reads back as it was.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "engines/event_stream_parser.h"
#include "harness.h"
#include "http/event_stream.h"

namespace parley::fuzz {
namespace {

using engines::StreamEvent;

struct Heard {
  std::vector<std::pair<std::string, std::string>> events;  // type, data
  bool refused = false;
  friend bool operator==(const Heard&, const Heard&) = default;
};

Heard heard_in(const Pieces& pieces, std::size_t event_bytes_max) {
  Heard heard;
  engines::EventStreamParser parser(event_bytes_max);
  for (std::string_view piece : pieces) {
    const std::string copy(piece);  // so that the sanitizer sees a read beyond it
    std::string_view rest = copy;
    while (auto event = parser.next(rest)) {
      PROPERTY(event->data.size() <= event_bytes_max && event->type.size() <= event_bytes_max && !event->type.empty());
      heard.events.emplace_back(std::move(event->type), std::move(event->data));
    }
    heard.refused = parser.refused();
    if (heard.refused) {
      PROPERTY(!parser.next(rest));
      break;
    }
    PROPERTY(rest.empty());
  }
  return heard;
}

/// The standard's rules, word for word, on the whole text.
std::vector<std::pair<std::string, std::string>> by_the_standard(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::pair<std::string, std::string>> events;
  std::string data;
  std::string type;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    if (line.empty()) {
      if (!data.empty()) events.emplace_back(type.empty() ? "message" : type, data.substr(0, data.size() - 1));
      data.clear();
      type.clear();
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "data") data.append(value).append("\n");
    if (field == "event") type = value;
  }
  return events;
}

void check_splits(std::string_view bytes) {
  for (const std::size_t event_bytes_max : {std::size_t{8}, std::size_t{64}, std::size_t{1} << 20}) {
    const Heard whole = heard_in({bytes}, event_bytes_max);
    PROPERTY(heard_in(byte_by_byte(bytes), event_bytes_max) == whole);
    PROPERTY(heard_in(as_the_bytes_say(bytes), event_bytes_max) == whole);
    const auto expected = by_the_standard(bytes);
    // Up to where it was refused, it is the same.
    PROPERTY(whole.events.size() <= expected.size());
    PROPERTY(whole.refused || whole.events.size() == expected.size());
    PROPERTY(std::equal(whole.events.begin(), whole.events.end(), expected.begin()));
    if (event_bytes_max > bytes.size() + 1) PROPERTY(!whole.refused);
  }
}

/// The text's lines as one event, after a comment and before another event.
void check_writing(std::string_view text) {
  std::string stream(http::event_stream_comment);
  http::append_event(stream, "delta", text);
  http::append_event(stream, "", "last");
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool crlf = text[i] == '\r' && text.substr(i + 1).starts_with('\n');
    if (!crlf) lines += text[i] == '\r' ? '\n' : text[i];
  }
  const Heard heard = heard_in({stream}, std::size_t{1} << 20);
  PROPERTY(!heard.refused && heard.events.size() == 2);
  PROPERTY(heard.events[0] == std::pair(std::string("delta"), lines));
  PROPERTY(heard.events[1] == std::pair(std::string("message"), std::string("last")));
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = parley::fuzz::text_of(data, size);
  parley::fuzz::check_splits(bytes);
  parley::fuzz::check_writing(bytes);
  return 0;
}
