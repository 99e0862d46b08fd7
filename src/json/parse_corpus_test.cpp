// What RFC 8259 demands that a parser accept (y), and what it says is no JSON (n).

#include <gtest/gtest.h>

#include <string>

#include "json/parse.h"

namespace parley::json {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view accepted[] = {
    // any value may be the text (section 2)
    "null", "true", "false", "0", "-0", "\"\"", "[]", "{}", " [] ", "\t\r\n{}\n", "\"a\"", "-1", "1.5",
    // structure
    "[[]]", "[{}]", "[1,2]", "[ 1 , 2 ]", "{\"\":0}", "{\"a\":[]}", "{ \"a\" : null }", "[null,1,\"1\",{}]", "[[],[]]",
    // numbers (section 6)
    "[0.5]", "[-0.5]", "[1e1]", "[1E1]", "[1e+1]", "[1e-1]", "[0e1]", "[0e+1]", "[1.5e2]", "[-0.0]", "[0.0000001]",
    "[123456789012345678]", "[10]", "[1000000000000000]", "[-1234567890123456789]", "[12345678901234567.5]",
    // strings (section 7)
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\u0041\"]", "[\"\\u00e9\"]", "[\"\\uABCD\"]", "[\"\\uabcd\"]",
    "[\"\\ud834\\udd1e\"]", "[\"\\uFFFF\"]", "[\"\xC3\xA9\"]", "[\"\xE2\x82\xAC\"]", "[\"\xF0\x9F\x98\x80\"]",
    "[\"\x7F\"]", "[\"\xEF\xBB\xBF\"]", "[\"\xE2\x80\xA8\"]", "[\"\xEF\xBF\xBF\"]", "[\"/\"]", "[\"// no comment\"]",
    "[\"\\\\u0000\"]", "[\"\\u0001\"]", "[\"\xF4\x8F\xBF\xBF\"]"};

constexpr std::string_view refused[] = {
    // nothing, or more than one
    "", " ", "\n", "1 2", "[][]", "{}x", "[]]", "{}}", "nul", "nulll", "True", "NULL", "undefined", "null,",
    // structure
    "[", "]", "{", "}", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
    "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{\"a\"::1}", "{\"a\":1,,\"b\":2}",
    "{[]:1}", "[}", "{]", "[\"a\"", "{\"a\":1", "[1}", "{\"a\",\"b\"}", "*", "<html>", "[<null>]",
    // white space and comments
    "[1\f]", "[\v1]", "[\xC2\xA0]", "[1]\xE2\x80\x83", "[\0]"sv, "[1]\0"sv, "[1]//x", "[1]/**/", "[1]#x", "/**/[]",
    "[1,/*x*/2]", "\xEF\xBB\xBF{}", "\xFF\xFE[\0]\0"sv,
    // numbers
    "+1", "01", "-01", "[00]", "1.", ".5", "-.5", "-", "--1", "1e", "1e+", "1E-", "1e1.5", "0x1", "1_000", "1,5",
    "Infinity", "-Infinity", "NaN", "[1.e1]", "[1.2.3]", "[-]", "[- 1]", "[1a]", "[0e]", "[2.e+3]", "[\xEF\xBC\x91]",
    "[012345678901234567890123456789012345]", "[-012,345,678,901,234,567,890,123,456,7]",
    "[-x, and forty more bytes for the fast path of numbers]", "[1.x, and forty more bytes for the fast path]",
    // strings
    "\"", "\"a", "'a'", "a", "[\"\\\"]", "[\"\\x41\"]", "[\"\\u12\"]", "[\"\\u12G4\"]", "[\"\\u-123\"]",
    "[\"\\U0041\"]", "[\"\\a\"]", "[\"\\'\"]", "[\"\\\n\"]", "[\"\\0\"]", "[\"\t\"]", "[\"\n\"]", "[\"\x1F\"]",
    "[\"\0\"]"sv, "[\"\\u 041\"]", "[\"\\\xC3\xA9\"]", "[\"\\u00\xC3\xA9\"]", "[\\u0061]", "[\"a\" b]",
    "[\"\\ud834\\x\"]", "[\"\\u\"]", "[\"\\u1\"]", "[\"\\u12345678901234567890"};

TEST(ParseCorpus, AcceptsWhatIsJson) {
  for (const std::string_view text : accepted) EXPECT_TRUE(parse(text).has_value()) << text;
}

TEST(ParseCorpus, RefusesWhatIsNot) {
  for (const std::string_view text : refused) EXPECT_TRUE(parse(text).has_error()) << text;
}

TEST(ParseCorpus, NoEscapeIsReadOtherThanTheRfcSays) {
  for (int letter = 1; letter < 128; ++letter) {
    const std::string text = std::string("\"\\") + static_cast<char>(letter) + "\"";
    const bool known = std::string_view("/bfnrt\\\"").find(static_cast<char>(letter)) != std::string_view::npos;
    EXPECT_EQ(parse(text).has_value(), known) << letter;
  }
}

}  // namespace
}  // namespace parley::json
