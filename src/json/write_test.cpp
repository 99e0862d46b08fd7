#include "json/write.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "json/parse.h"

namespace parley::json {
namespace {

std::string written(std::string_view utf8) {
  std::string out;
  append_string(out, utf8);
  return out;
}

void append_utf8(std::string& out, char32_t point) {
  const auto byte = [&out](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      byte(0xE0 | point >> 12);
    } else {
      byte(0xF0 | point >> 18);
      byte(0x80 | (point >> 12 & 0x3F));
    }
    byte(0x80 | (point >> 6 & 0x3F));
  }
  byte(0x80 | (point & 0x3F));
}

bool is_scalar(char32_t point) {
  return point != 0 && (point < 0xD800 || point > 0xDFFF) && point <= 0x10FFFF;
}

TEST(Write, EscapesWhatItMustAndNothingElse) {
  EXPECT_EQ(written("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(written("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(written(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(written("é€\xF0\x9F\x98\x80"), "\"é€\xF0\x9F\x98\x80\"");
  EXPECT_EQ(written(""), "\"\"");
}

TEST(Write, EveryCodePointSurvivesTheRoundTrip) {
  std::string all;
  for (char32_t point = 1; point <= 0x10FFFF; ++point) {
    if (is_scalar(point)) append_utf8(all, point);
  }
  const auto document = parse(written(all));
  ASSERT_TRUE(document.has_value());
  EXPECT_TRUE(document->root.as_string() == all);
}

RC_GTEST_PROP(Write, AnyTextSurvivesTheRoundTrip, (const std::vector<std::uint32_t>& points, std::uint16_t padding)) {
  std::string text(padding % 5000, 'x');
  for (const std::uint32_t point : points) {
    // Half of them where escapes are.
    const char32_t chosen = point % 2 == 0 ? point / 2 % 0x80 : point % 0x110000;
    if (is_scalar(chosen)) append_utf8(text, chosen);
  }
  RC_ASSERT(parse(written(text)).value().root.as_string() == text);
  RC_ASSERT(parse("{" + written(text) + ":0}").value().root.as_object().begin()->key() == text);
}

TEST(ObjectWriter, WritesMembersInTheOrderOfTheCalls) {
  std::string out = "x";
  ObjectWriter(out)
      .string("b", "1\n")
      .integer("a", -5)
      .boolean("t", true)
      .boolean("f", false)
      .null("n")
      .raw("r", "[]")
      .end();
  EXPECT_EQ(out, R"(x{"b":"1\n","a":-5,"t":true,"f":false,"n":null,"r":[]})");
}

TEST(ObjectWriter, WritesAnEmptyObject) {
  std::string out;
  ObjectWriter(out).end();
  EXPECT_EQ(out, "{}");
}

TEST(ObjectWriter, WritesTheLimitsOfIntegers) {
  std::string out;
  ObjectWriter(out)
      .integer("min", std::numeric_limits<std::int64_t>::min())
      .integer("max", std::numeric_limits<std::int64_t>::max())
      .end();
  EXPECT_EQ(out, R"({"min":-9223372036854775808,"max":9223372036854775807})");
}

TEST(ObjectWriter, EscapesNames) {
  std::string out;
  ObjectWriter(out).integer("a\"b", 1).end();
  EXPECT_EQ(out, R"({"a\"b":1})");
}

}  // namespace
}  // namespace parley::json
