#include "engines/event_stream_parser.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace parley::engines {
namespace {

constexpr std::size_t plenty = 1 << 20;

/// "type=data" of each event, with the text cut after each of `lengths` bytes.
std::vector<std::string> events_of(std::string_view text, const std::vector<std::size_t>& lengths = {},
                                   std::size_t event_bytes_max = plenty) {
  EventStreamParser parser(event_bytes_max);
  std::vector<std::string> events;
  const auto feed = [&](std::string_view bytes) {
    while (const auto event = parser.next(bytes)) events.push_back(event->type + "=" + event->data);
    EXPECT_TRUE(bytes.empty() || parser.refused());
  };
  for (const std::size_t length : lengths) {
    feed(text.substr(0, length));
    text.remove_prefix(std::min(length, text.size()));
  }
  feed(text);
  if (parser.refused()) events.emplace_back("refused");
  return events;
}

using Events = std::vector<std::string>;

TEST(EventStream, HasOneEventForEachBlockOfData) {
  EXPECT_EQ(events_of("data: one\n\ndata: two\n\n"), (Events{"message=one", "message=two"}));
}

// The examples of the standard, section 9.2.6.
TEST(EventStream, IsReadAsTheStandardsExamplesSay) {
  EXPECT_EQ(events_of("data: YHOO\ndata: +2\ndata: 10\n\n"), (Events{"message=YHOO\n+2\n10"}));
  EXPECT_EQ(events_of(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"),
            (Events{"message=first event", "message=second event"}));
  EXPECT_EQ(events_of("data\n\ndata\ndata\n\ndata:"), (Events{"message=", "message=\n"}));
  EXPECT_EQ(events_of("data:test\n\ndata: test\n\n"), (Events{"message=test", "message=test"}));
  EXPECT_EQ(events_of("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n"),
            (Events{"add=73857293", "remove=2153"}));
}

TEST(EventStream, EndsItsLinesInThreeWays) {
  EXPECT_EQ(events_of("data: a\r\n\r\ndata: b\r\rdata: c\n\n"), (Events{"message=a", "message=b", "message=c"}));
  EXPECT_EQ(events_of("data: a\r\ndata: b\r\n\r\n"), (Events{"message=a\nb"}));
}

TEST(EventStream, SkipsOneByteOrderMark) {
  EXPECT_EQ(events_of("\xEF\xBB\xBF"
                      "data: a\n\n"),
            (Events{"message=a"}));
  EXPECT_EQ(events_of("\xEF\xBB\xBF\xEF\xBB\xBF"
                      "data: a\n\n"),
            Events{});
  EXPECT_EQ(events_of("\xEF\xBB"
                      "data: a\n\ndata: b\n\n"),
            (Events{"message=b"}));
}

TEST(EventStream, IgnoresCommentsAndUnknownFields) {
  EXPECT_EQ(events_of(":\n: keep-alive\n\nretry: 10\nid: 7\ndatum: x\ndata: a\n:in between\ndata: b\n\n"),
            (Events{"message=a\nb"}));
}

TEST(EventStream, ForgetsTheTypeOfAnEventWithoutData) {
  EXPECT_EQ(events_of("event: ghost\n\ndata: a\n\n"), (Events{"message=a"}));
}

TEST(EventStream, DropsAnEventWithoutItsEmptyLine) {
  EXPECT_EQ(events_of("data: a\n\ndata: [DONE]\n"), (Events{"message=a"}));
}

TEST(EventStream, RefusesALineBeyondTheLimit) {
  EXPECT_EQ(events_of("data: 12345\n\n", {}, 11), (Events{"message=12345"}));
  EXPECT_EQ(events_of("data: 123456\n\n", {}, 11), (Events{"refused"}));
  EXPECT_EQ(events_of("data: 123456\n\n", {4, 4}, 11), (Events{"refused"}));
  EXPECT_EQ(events_of(": 3456789012", {}, 11), (Events{"refused"}));
}

TEST(EventStream, RefusesAnEventBeyondTheLimit) {
  EXPECT_EQ(events_of("data: 1234\ndata: 5678\n\n", {}, 11), (Events{"message=1234\n5678"}));
  EXPECT_EQ(events_of("data: 1234\ndata: 5678\ndata: 9\n\n", {}, 11), (Events{"refused"}));
}

RC_GTEST_PROP(EventStream, SaysTheSameHoweverItsBytesAreSplit, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("data: a", "data:", "data", "event: e", ": c", "id: 1", "x", "\n", "\n", "\r",
                                    "\r\n", "\n\n", "\r\n\r\n", "\xEF\xBB\xBF", "\xEF", "\xC3\xA9", " ", ":"));
  std::string text;
  for (const auto& piece : pieces) text += piece;
  const auto lengths = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 4));
  RC_ASSERT(events_of(text, lengths) == events_of(text));
  RC_ASSERT(events_of(text, std::vector<std::size_t>(text.size(), 1)) == events_of(text));
}

}  // namespace
}  // namespace parley::engines
