#include "text/excerpt.h"

#include <gtest/gtest.h>

namespace parley::text {
namespace {

TEST(BeginningOf, IsTheFirstLineThatIsNotBlank) {
  EXPECT_EQ(beginning_of("How are you?", 80), "How are you?");
  EXPECT_EQ(beginning_of("one\ntwo", 80), "one");
  EXPECT_EQ(beginning_of("one\r\ntwo", 80), "one");
  EXPECT_EQ(beginning_of("one\xE2\x80\xA8two", 80), "one");
  EXPECT_EQ(beginning_of(" \t\n\xC2\xA0\xE3\x80\x80\n  one two \xE2\x80\x83\ntwo", 80), "one two");
  EXPECT_EQ(beginning_of("", 80), "");
  EXPECT_EQ(beginning_of(" \n\t ", 80), "");
}

TEST(BeginningOf, IsCutWhereItIsLonger) {
  EXPECT_EQ(beginning_of("123456", 6), "123456");
  EXPECT_EQ(beginning_of("1234567", 6), "123456\xE2\x80\xA6");
  EXPECT_EQ(beginning_of("1234   7", 6), "1234\xE2\x80\xA6");
  EXPECT_EQ(beginning_of("1234     \nmore", 6), "1234");
}

TEST(BeginningOf, IsCutBetweenCharacters) {
  EXPECT_EQ(beginning_of("12345\xC3\xA9", 6), "12345\xE2\x80\xA6");
  EXPECT_EQ(beginning_of("1234\xC3\xA9", 6), "1234\xC3\xA9");
  // A combining mark, and a family of three joined into one, go with what they belong to.
  EXPECT_EQ(beginning_of("12345e\xCC\x81x", 6), "12345\xE2\x80\xA6");
  EXPECT_EQ(beginning_of("1 \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7", 12),
            "1\xE2\x80\xA6");
}

TEST(BeginningOf, IsCutBetweenCodePointsWhereOneCharacterIsLonger) {
  EXPECT_EQ(beginning_of("e\xCC\x81\xCC\x81\xCC\x81\xCC\x81 more", 6), "e\xCC\x81\xCC\x81\xE2\x80\xA6");
}

TEST(BeginningOf, EndsAtWhatIsNotUtf8) {
  EXPECT_EQ(beginning_of("one \xFFtwo", 80), "one");
}

}  // namespace
}  // namespace parley::text
