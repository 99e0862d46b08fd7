#include "http/header_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::http {
namespace {

using namespace std::string_literals;

struct Scanned {
  bool complete = false;
  std::size_t skipped = 0;
  std::size_t end = 0;
  int refused = 0;

  friend bool operator==(const Scanned&, const Scanned&) = default;
};

Scanned outcome_of(const HeaderScan& scan) {
  return {.complete = scan.complete(),
          .skipped = scan.skipped(),
          .end = scan.complete() ? scan.end() : 0,
          .refused = scan.refusal() ? scan.refusal()->status : 0};
}

Scanned scan_whole(const std::string& bytes, const Limits& limits = {}) {
  HeaderScan scan(limits);
  scan.advance(bytes);
  return outcome_of(scan);
}

/// The outcome, which must be the same with the bytes split anywhere, and with each byte by itself.
Scanned scan_split(const std::string& bytes, const Limits& limits = {}) {
  const Scanned whole = scan_whole(bytes, limits);
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    HeaderScan scan(limits);
    scan.advance(bytes.substr(0, split));
    scan.advance(bytes);
    EXPECT_EQ(outcome_of(scan), whole) << "split at " << split;
  }
  HeaderScan scan(limits);
  for (std::size_t size = 0; size <= bytes.size(); ++size) scan.advance(bytes.substr(0, size));
  EXPECT_EQ(outcome_of(scan), whole) << "byte by byte";
  return whole;
}

TEST(HeaderScan, FindsTheEndOfABlockAndLeavesWhatFollows) {
  const std::string block = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(scan_split(block + "body"), (Scanned{.complete = true, .skipped = 0, .end = block.size(), .refused = 0}));
}

TEST(HeaderScan, WaitsForMoreWhereTheBlockHasNoEndYet) {
  EXPECT_EQ(scan_split("GET / HTTP/1.1\r\nHost: a\r\n\r"), Scanned());
  EXPECT_EQ(scan_split(""), Scanned());
}

TEST(HeaderScan, SkipsOneEmptyLineBeforeTheBlockAndRefusesTwo) {
  const std::string block = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(scan_split("\r\n" + block),
            (Scanned{.complete = true, .skipped = 2, .end = 2 + block.size(), .refused = 0}));
  EXPECT_EQ(scan_split("\r\n\r\n" + block).refused, 400);
}

TEST(HeaderScan, RefusesABareLineFeed) {
  EXPECT_EQ(scan_split("GET / HTTP/1.1\nHost: a\r\n\r\n").refused, 400);
  EXPECT_EQ(scan_split("GET / HTTP/1.1\r\nHost: a\n\r\n").refused, 400);
  EXPECT_EQ(scan_split("GET / HTTP/1.1\r\nHost: a\r\n\n").refused, 400);
  EXPECT_EQ(scan_split("\nGET / HTTP/1.1\r\n\r\n").refused, 400);
}

TEST(HeaderScan, RefusesABareCarriageReturn) {
  EXPECT_EQ(scan_split("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n").refused, 400);
  EXPECT_EQ(scan_split("GET / HTTP/1.1\r\nA: b\r\r\n\r\n").refused, 400);
}

TEST(HeaderScan, RefusesEveryControlCharacterButTheTab) {
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\t' || c == '\r' || c == '\n') continue;
    const std::string bytes = "GET / HTTP/1.1\r\nA: b"s + static_cast<char>(c) + "\r\n\r\n";
    EXPECT_EQ(scan_whole(bytes).refused, 400) << "control character " << c;
  }
  EXPECT_EQ(scan_split("GET / HTTP/1.1\r\nA: b\0\r\n\r\n"s).refused, 400);
  EXPECT_EQ(scan_split("GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n").refused, 400);
  EXPECT_TRUE(scan_split("GET / HTTP/1.1\r\nA: b\tc\xc3\xa9\r\n\r\n").complete);
}

TEST(HeaderScan, RefusesTheFirstByteOfATlsClientAtOnce) {
  EXPECT_EQ(scan_whole("\x16").refused, 400);
}

TEST(HeaderScan, LetsLinesHaveTheirLimitAndRefusesOneByteMore) {
  const Limits limits{.line_bytes_max = 30};
  const std::string line(30, 'x');
  EXPECT_TRUE(scan_split(line + "\r\n" + line + "\r\n\r\n", limits).complete);
  EXPECT_EQ(scan_split(line + "x\r\n\r\n", limits).refused, 414);
  EXPECT_EQ(scan_split(line + "\r\n" + line + "x\r\n\r\n", limits).refused, 431);
  EXPECT_EQ(scan_split(line + "xxx", limits).refused, 414) << "without waiting for the line's end";
}

TEST(HeaderScan, LetsTheBlockHaveItsLimitAndRefusesOneByteMore) {
  const std::string block = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  EXPECT_TRUE(scan_split(block, {.header_block_bytes_max = block.size()}).complete);
  EXPECT_TRUE(scan_split("\r\n" + block, {.header_block_bytes_max = block.size()}).complete);
  EXPECT_EQ(scan_split(block, {.header_block_bytes_max = block.size() - 1}).refused, 431);
}

TEST(HeaderScan, LetsAHundredHeadersPassAndRefusesOneMore) {
  std::string block = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) block += "A: b\r\n";
  EXPECT_TRUE(scan_whole(block + "\r\n").complete);
  EXPECT_EQ(scan_whole(block + "A: b\r\n\r\n").refused, 431);
}

}  // namespace
}  // namespace parley::http
