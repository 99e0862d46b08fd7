#include "http/event_stream.h"

#include <gtest/gtest.h>

namespace parley::http {
namespace {

std::string event(std::string_view type, std::string_view data) {
  std::string out;
  append_event(out, type, data);
  return out;
}

TEST(EventStreamWriting, HasATypeOnlyWhereItIsNamed) {
  EXPECT_EQ(event("delta", "{}"), "event: delta\ndata: {}\n\n");
  EXPECT_EQ(event("", "[DONE]"), "data: [DONE]\n\n");
}

TEST(EventStreamWriting, GivesEachLineOfTheDataItsOwn) {
  EXPECT_EQ(event("", "a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
  EXPECT_EQ(event("", ""), "data: \n\n");
}

}  // namespace
}  // namespace parley::http
