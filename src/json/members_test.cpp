#include "json/members.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <boost/json/serialize.hpp>

#include "json/parse.h"

namespace parley::json {
namespace {

TEST(Members, StandWhereTheTextHasThem) {
  const std::string_view text = R"( { "a" : 1 , "b\u0063":[{"a":"}]\""},2],"d":"x,y" ,"e":null})";
  const auto found = members(text);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].name, "a");
  EXPECT_EQ(found[0].whole, R"("a" : 1)");
  EXPECT_EQ(found[1].name, "bc");
  EXPECT_EQ(found[1].value, R"([{"a":"}]\""},2])");
  EXPECT_EQ(found[2].value, R"("x,y")");
  EXPECT_EQ(found[3].value, "null");
}

TEST(Members, OfAnEmptyObjectAreNone) {
  EXPECT_TRUE(members("{}").empty());
  EXPECT_TRUE(members(" { } ").empty());
}

TEST(Members, AreFoundByTheirUnescapedName) {
  EXPECT_EQ(find_member(R"({"\u006dodel":"x"})", "model"), R"("x")");
  EXPECT_EQ(find_member(R"({"a":{"model":"x"}})", "model"), std::nullopt);
}

TEST(Changes, LeaveEveryOtherByteAsItWas) {
  const std::array changes{Change{"model", R"("real")"}, Change{"store", std::nullopt}, Change{"limit", "16"}};
  EXPECT_EQ(with_changes("{ \"a\" : 1.50 ,\n \"model\" : \"alias\" , \"store\": true , \"z\":[ 1 ] }\n", changes),
            "{ \"a\" : 1.50 ,\n \"model\" : \"real\" , \"z\":[ 1 ] ,\"limit\":16}\n");
}

TEST(Changes, RemoveMembersAtEitherEnd) {
  const std::array changes{Change{"a", std::nullopt}, Change{"c", std::nullopt}};
  EXPECT_EQ(with_changes(R"({"a":1,"b":2,"c":3})", changes), R"({"b":2})");
  EXPECT_EQ(with_changes(R"({"a":1})", changes), "{}");
  EXPECT_EQ(with_changes(R"({"a":1,"c":{}})", changes), "{}");
}

TEST(Changes, ThatAreNoneLeaveTheTextAsItWas) {
  for (const char* text : {"{}", " { } ", "{\n}", "{ \"a\" : 1 }"}) {
    EXPECT_EQ(with_changes(text, {}), text);
    EXPECT_EQ(with_changes(text, std::array{Change{"b", std::nullopt}}), text);
  }
}

TEST(Changes, AddToAnEmptyObject) {
  const std::array changes{Change{"include_usage", "true"}};
  EXPECT_EQ(with_changes("{}", changes), R"({"include_usage":true})");
  EXPECT_EQ(with_changes("{ }", changes), R"({"include_usage":true })");
}

/// Any JSON value of a few levels, as text with white space strewn in.
rc::Gen<std::string> any_value(int depth) {
  const auto scalar = rc::gen::element<std::string>("0", "-1.5e3", "true", "null", R"("")", R"("a\"}{][,:\\")",
                                                    R"("\u00e9\ud83d\ude00")", "\"\xC3\xA9\"", " 7 ", "\n\"x\"\t");
  if (depth == 0) return scalar;
  const auto space = rc::gen::element<std::string>("", " ", "\n\t");
  const auto array = rc::gen::map(rc::gen::container<std::vector<std::string>>(any_value(depth - 1)), [](auto items) {
    std::string text = "[";
    for (std::size_t i = 0; i < items.size() && i < 4; ++i) text += (i > 0 ? "," : "") + items[i];
    return text + "]";
  });
  const auto object = rc::gen::map(
      rc::gen::pair(space, rc::gen::container<std::vector<std::string>>(any_value(depth - 1))), [](auto in) {
        std::string text = in.first + "{" + in.first;
        for (std::size_t i = 0; i < in.second.size() && i < 4; ++i) {
          text += (i > 0 ? "," : "") + in.first + "\"k" + std::to_string(i) + "\"" + in.first + ":" + in.second[i];
        }
        return text + in.first + "}" + in.first;
      });
  return rc::gen::oneOf(scalar, array, object);
}

RC_GTEST_PROP(Members, AreThoseThatTheParserFinds, ()) {
  const auto text = "{\"first\":" + *any_value(2) + ", \"second\" : " + *any_value(3) + "}";
  const auto root = parse(text).value().root;
  const auto found = members(text);
  RC_ASSERT(found.size() == root.as_object().size());
  for (const Member& member : found) {
    const auto value = parse(member.value);
    RC_ASSERT(value.has_value());
    RC_ASSERT(value->root == root.as_object().at(member.name));
  }
}

RC_GTEST_PROP(Changes, ReadBackAsTheChangedObject, ()) {
  const auto text = "{\"first\":" + *any_value(2) + ", \"second\" : " + *any_value(2) + ",\"third\":3 }";
  const auto name = *rc::gen::element<std::string>("first", "second", "third", "fourth");
  const bool removed = *rc::gen::arbitrary<bool>();
  const std::array changes{Change{name, removed ? std::nullopt : std::optional<std::string>("[1]")}};
  auto expected = parse(text).value().root;
  if (removed) {
    expected.as_object().erase(name);
  } else {
    expected.as_object()[name] = boost::json::array{1};
  }
  RC_ASSERT(parse(with_changes(text, changes)).value().root == expected);
}

}  // namespace
}  // namespace parley::json
