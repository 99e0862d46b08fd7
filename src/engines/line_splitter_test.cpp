#include "engines/line_splitter.h"

#include <gtest/gtest.h>

#include <vector>

namespace parley::engines {
namespace {

std::vector<std::string> lines_of(const std::vector<std::string>& pieces, std::size_t line_bytes_max = 100) {
  LineSplitter splitter(line_bytes_max);
  std::vector<std::string> lines;
  const auto hear = [&lines](std::string_view line) { lines.emplace_back(line); };
  for (const std::string& piece : pieces) splitter.take(piece, hear);
  splitter.finish(hear);
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineSplitter, TellsLinesWithoutTheirEnds) {
  EXPECT_EQ(lines_of({"one\ntwo\r\n\nthree\n"}), (Lines{"one", "two", "", "three"}));
}

TEST(LineSplitter, JoinsALineThatCameInPieces) {
  EXPECT_EQ(lines_of({"o", "n", "e\nt", "wo", "\n"}), (Lines{"one", "two"}));
}

TEST(LineSplitter, TellsALastLineThatHasNoEnd) {
  EXPECT_EQ(lines_of({"one\ntw", "o"}), (Lines{"one", "two"}));
  EXPECT_EQ(lines_of({}), Lines{});
}

TEST(LineSplitter, CutsALongLineIntoPieces) {
  EXPECT_EQ(lines_of({"abcdefgh\nij\n"}, 3), (Lines{"abc", "def", "gh", "ij"}));
  EXPECT_EQ(lines_of({"abc\ndef\n"}, 3), (Lines{"abc", "def"}));
}

}  // namespace
}  // namespace parley::engines
