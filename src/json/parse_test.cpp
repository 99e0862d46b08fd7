#include "json/parse.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>

namespace parley::json {
namespace {

using namespace std::string_literals;

std::string error_of(std::string_view text, Limits limits = {}) {
  const auto document = parse(text, limits);
  if (document.has_value()) return "(accepted)";
  EXPECT_EQ(document.error().code, base::ErrorCode::invalid_input);
  return document.error().message;
}

boost::json::value root_of(std::string_view text) {
  return parse(text).value().root;
}

TEST(Parse, ReadsAChatBody) {
  const auto root = root_of(R"({"token":"1.aa","message":"Hello, how are you?","stream":true})");
  EXPECT_EQ(root.as_object().at("message").as_string(), "Hello, how are you?");
  EXPECT_TRUE(root.as_object().at("stream").as_bool());
}

TEST(Parse, KeepsTheOrderOfMembers) {
  std::string names;
  const auto root = root_of(R"({"z":1,"a":2,"m":3})");
  for (const auto& member : root.as_object()) names += member.key();
  EXPECT_EQ(names, "zam");
}

TEST(Parse, ADocumentOutlivesItsText) {
  std::string text = R"({"key":"value"})";
  const auto document = parse(text).value();
  text.assign(text.size(), 'x');
  EXPECT_EQ(document.root.as_object().at("key").as_string(), "value");
}

TEST(Parse, SaysWhatAndWhere) {
  EXPECT_EQ(error_of(R"({"message": hello})"), "unexpected character at line 1 column 13");
  EXPECT_EQ(error_of("{\n  \"a\": 1,\n}"), "unexpected character at line 3 column 1");
  EXPECT_EQ(error_of("[1] 2"), "unexpected character at line 1 column 5");
  EXPECT_EQ(error_of("[\"é\", x]"), "unexpected character at line 1 column 7");
  EXPECT_EQ(error_of("[é]"), "unexpected character at line 1 column 2");
  EXPECT_EQ(error_of("[\"a\nb\"]"), "unexpected character at line 1 column 4");
  EXPECT_EQ(error_of(""), "unexpected end at line 1 column 1");
  EXPECT_EQ(error_of("{\"a\":\n"), "unexpected end at line 2 column 1");
  EXPECT_EQ(error_of("1."), "unexpected end at line 1 column 3");
}

TEST(Parse, RefusesADuplicateKeyAtEveryLevel) {
  EXPECT_EQ(error_of(R"({"token":"a","token":"b"})"), "duplicate key \"token\" at line 1 column 14");
  EXPECT_EQ(error_of(R"({"a":[{"b":{"c":1,"c":1}}]})"), "duplicate key \"c\" at line 1 column 19");
  EXPECT_EQ(error_of(R"({"":1,"":2})"), "duplicate key \"\" at line 1 column 7");
  EXPECT_EQ(error_of(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]})"), "(accepted)");
}

TEST(Parse, SeesThroughEscapesInDuplicateKeys) {
  EXPECT_EQ(error_of(R"({"token":1,"t\u006fken":2})"), "duplicate key \"token\" at line 1 column 26");
  EXPECT_EQ(error_of(R"({"\u0074oken":1,"token":2})"), "duplicate key \"token\" at line 1 column 17");
  EXPECT_EQ(error_of(R"({"\n":1,"\u000a":2})"), "duplicate key \"\\n\" at line 1 column 19");
}

TEST(Parse, ShowsOnlyTheBeginningOfALongKey) {
  const std::string key = "a" + std::string(40, 'b') + std::string("\xC3\xA9") + std::string(500, 'c');
  const std::string message = error_of("{\"" + key + "\":1,\"" + key + "\":2}");
  EXPECT_LT(message.size(), 120U);
  EXPECT_TRUE(message.starts_with("duplicate key \"abbb")) << message;
}

std::string object_of(int members, std::string_view last) {
  std::string text = "{";
  for (int i = 0; i < members; ++i) text += "\"key" + std::to_string(i) + "\":0,";
  return text + "\"" + std::string(last) + "\":1}";
}

TEST(Parse, FindsTheDuplicateAmongManyKeys) {
  EXPECT_EQ(parse(object_of(1000, "other")).value().root.as_object().size(), 1001U);
  EXPECT_TRUE(error_of(object_of(1000, "key500")).starts_with("duplicate key \"key500\" at line 1 column"));
  for (int members = 1; members < 40; ++members) {
    EXPECT_TRUE(error_of(object_of(members, "key0")).starts_with("duplicate key \"key0\"")) << members;
  }
}

TEST(Parse, ReadsAHundredThousandKeysInNearlyLinearTime) {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(parse(object_of(100'000, "other")).has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));  // quadratic would take minutes
}

TEST(Parse, RefusesInvalidUtf8) {
  EXPECT_EQ(error_of("[\"a\xFF\"]"), "invalid UTF-8 at line 1 column 4");
  EXPECT_EQ(error_of("[\"\xC0\xAF\"]"), "invalid UTF-8 at line 1 column 3");          // overlong
  EXPECT_EQ(error_of("[\"\xED\xA0\x80\"]"), "invalid UTF-8 at line 1 column 3");      // a surrogate
  EXPECT_EQ(error_of("[\"\xF4\x90\x80\x80\"]"), "invalid UTF-8 at line 1 column 3");  // beyond U+10FFFF
  EXPECT_EQ(error_of("[\"\xC3\"]"), "invalid UTF-8 at line 1 column 3");
  EXPECT_EQ(error_of("{\"\xE9\":1}"), "invalid UTF-8 at line 1 column 3");
  EXPECT_EQ(error_of("[\"\\n\xFF and a tail of more than sixteen bytes\"]").substr(0, 13), "invalid UTF-8");
  EXPECT_EQ(error_of("\xEF\xBB\xBF{}"), "unexpected character at line 1 column 1");  // a byte order mark
}

TEST(Parse, RefusesUnpairedSurrogates) {
  for (const char* text : {R"(["\uD800"])", R"(["\uDC00"])", R"(["\uD800x"])", R"(["\uD800\n"])", R"(["\uD83D\uD83D"])",
                           R"(["\uDC00\uD800 and a tail of sixteen"])", R"({"\ud800":1})", R"(["\udbff\u0041"])",
                           R"(["\uD83D and a tail of more than sixteen bytes"])"}) {
    EXPECT_TRUE(error_of(text).starts_with("unpaired surrogate at line 1 column ")) << text << error_of(text);
  }
  EXPECT_EQ(root_of(R"(["\uD83D\uDE00"])").at(0).as_string(), "\xF0\x9F\x98\x80");
}

TEST(Parse, RefusesTheNulCharacter) {
  EXPECT_EQ(error_of(R"(["abc\u0000"])"), "U+0000 in a string at line 1 column 6");
  EXPECT_EQ(error_of(R"({"\u0000":1})"), "U+0000 in a string at line 1 column 3");
  EXPECT_EQ(error_of("[\"a\0b\"]"s), "unexpected character at line 1 column 4");
  EXPECT_EQ(error_of("[\"" + std::string(9000, 'x') + "\\u0000" + std::string(9000, 'x') + "\"]"),
            "U+0000 in a string at line 1 column 9003");
}

TEST(Parse, RefusesNumbersOutOfRange) {
  EXPECT_EQ(error_of("[1e400]"), "number out of range at line 1 column 2");
  for (const char* number :
       {"-1e400", "1e-400", "18446744073709551616", "-9223372036854775809", "1e99999999999", "1e-99999999999",
        "123456789012345678901234567890", "1.7976931348623159e308", "100000000000000000000000000000000000000"}) {
    EXPECT_TRUE(error_of(number).starts_with("number out of range at")) << number << error_of(number);
    EXPECT_TRUE(error_of("[" + std::string(number) + ",\"and a tail of forty bytes or more, for the fast path\"]")
                    .starts_with("number out of range at"))
        << number;
  }
}

TEST(Parse, ReadsNumbersExactly) {
  EXPECT_EQ(root_of("9223372036854775807").as_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(root_of("-9223372036854775808").as_int64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(root_of("18446744073709551615").as_uint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(root_of("-0").as_int64(), 0);
  EXPECT_EQ(root_of("1E5").as_double(), 1e5);
  EXPECT_EQ(root_of("0e99").as_double(), 0.0);
  EXPECT_EQ(root_of("0.1").as_double(), 0.1);
  EXPECT_EQ(root_of("5e-324").as_double(), 5e-324);
  EXPECT_EQ(root_of("2.2250738585072011e-308").as_double(), 2.2250738585072011e-308);
  EXPECT_EQ(root_of("1.7976931348623157e308").as_double(), std::numeric_limits<double>::max());
  EXPECT_EQ(root_of("9007199254740993.0").as_double(), 9007199254740992.0);
  EXPECT_EQ(root_of("0.3333333333333333148").as_double(), 1.0 / 3);
  EXPECT_EQ(root_of("1.2345678901234567e-250").as_double(), 1.2345678901234567e-250);
}

std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += i % 2 == 0 ? "[" : "{\"a\":";
  text += "0";
  for (std::size_t i = depth; i-- > 0;) text += i % 2 == 0 ? "]" : "}";
  return text;
}

TEST(Parse, NestsToTheLimitAndNoDeeper) {
  EXPECT_TRUE(parse(nested(32)).has_value());
  EXPECT_TRUE(error_of(nested(33)).starts_with("nesting deeper than 32 at line 1 column "));
  EXPECT_TRUE(parse(nested(3), {.depth_max = 3}).has_value());
  EXPECT_TRUE(error_of(nested(4), {.depth_max = 3}).starts_with("nesting deeper than 3 at"));
  EXPECT_TRUE(error_of(std::string(1'000'000, '[')).starts_with("nesting deeper than 32 at line 1 column 33"));
}

TEST(Parse, EveryPrefixOfADocumentIsAnError) {
  const std::string text =
      R"({"a":[1,-2.5e3,true,false,null,"\u00e9\uD83D\uDE00\"é"],"b\n":{},"c":"a string of some length","d":[[]]})";
  ASSERT_TRUE(parse(text).has_value());
  for (std::size_t size = 0; size < text.size(); ++size) {
    // An exact copy, so that the sanitizer sees a read beyond the end.
    const std::vector<char> prefix(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(error_of({prefix.data(), prefix.size()}).starts_with("unexpected end at line 1 column ")) << size;
  }
}

TEST(Parse, RefusesMoreValuesThanTheLimitWhereverTheyStand) {
  const Limits four{.values_max = 4};
  EXPECT_TRUE(parse(R"({"a":[1,"x"]})", four).has_value());
  EXPECT_TRUE(parse(R"({"a":[1,true]})", four).has_value());
  for (const char* text : {"[1,2,3,4]", "[[],[],{},[]]", "[null,true,false,1.5]", R"({"a":1,"b":"","c":[],"d":{}})"}) {
    EXPECT_NE(error_of(text, four).find("more than 4 values at line 1"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace parley::json
