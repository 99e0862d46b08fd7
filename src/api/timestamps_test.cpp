#include "api/timestamps.h"

#include <gtest/gtest.h>

namespace parley::api {
namespace {

std::string again(std::string_view text) {
  const auto time = parse_time(text);
  return time ? time_text(*time) : "none";
}

TEST(Timestamps, AreWrittenAsTheyAreRead) {
  EXPECT_EQ(time_text(base::Timestamp()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(again("2026-11-22T19:15:34.123Z"), "2026-11-22T19:15:34.123Z");
  EXPECT_EQ(again("2024-02-29T00:00Z"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(again("2027-01-01T00:30:00.5+01:00"), "2026-12-31T23:30:00.500Z");
  EXPECT_EQ(again("2026-12-31 23:30:00.1239-01:30"), "2027-01-01T01:00:00.123Z");
}

TEST(Timestamps, ThatAreNoneAreRefused) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T19:15:34", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T19:60:00Z", "2026-11-22T19:15:34.Z", "tomorrow", "2026-11-22T19:15:34Zx",
        "2026-11-22T19:15:34+1:00", "-026-11-22T19:15:34Z", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+00:01"}) {
    EXPECT_EQ(again(text), "none") << text;
  }
}

}  // namespace
}  // namespace parley::api
