#include "api/form.h"

#include <gtest/gtest.h>

namespace parley::api {
namespace {

http::Request request_with(std::string content_type, std::string body) {
  http::Request request;
  request.method = http::Method::post;
  if (!content_type.empty()) request.headers.push_back({"Content-Type", std::move(content_type)});
  request.body = std::move(body);
  return request;
}

std::variant<Form, http::Response> read_json(std::string body) {
  return Form::read(request_with("application/json", std::move(body)));
}

TEST(Form, ReadsTextFieldsOfJsonAndIgnoresOthers) {
  const auto read = read_json(R"({"message":"Grüße","extra":[1,{"a":2}]})");
  FieldErrors errors;
  EXPECT_EQ(std::get<Form>(read).required("message", Blank::white_space, errors), "Grüße");
  EXPECT_TRUE(errors.empty());
}

TEST(Form, ReadsUrlencodedFieldsWithPlusAsSpaceAndTheLastOfTwins) {
  const auto read = Form::read(request_with("application/x-www-form-urlencoded; charset=utf-8", "a=1&b=x+y%21&a=2"));
  const auto& form = std::get<Form>(read);
  EXPECT_EQ(form.field("b").text, "x y!");
  EXPECT_EQ(form.field("a").text, "2");
  EXPECT_EQ(form.field("c").state, Field::State::missing);
}

TEST(Form, SaysOfEachFieldWhatIsWrongInTheOrderOfTheChecks) {
  const auto read = read_json(R"({"null":null,"number":7,"blank":"","space":" \t\u00a0"})");
  const auto& form = std::get<Form>(read);
  FieldErrors errors;
  for (const char* name : {"missing", "null", "number", "blank", "space"}) {
    EXPECT_EQ(form.required(name, Blank::white_space, errors), "");
  }
  EXPECT_EQ(errors.response().status, 400);
  EXPECT_EQ(errors.response().body, R"({"missing":["This field is required."],"null":["This field may not be null."],)"
                                    R"("number":["Not a valid string."],"blank":["This field may not be blank."],)"
                                    R"("space":["This field may not be blank."]})");
}

TEST(Form, WhiteSpaceIsNoBlankWhereEveryCharacterCounts) {
  const auto read = read_json(R"({"password":"        "})");
  FieldErrors errors;
  EXPECT_EQ(std::get<Form>(read).required("password", Blank::empty, errors), "        ");
  EXPECT_TRUE(errors.empty());
}

TEST(Form, SaysWhatCameInsteadOfADictionary) {
  const std::pair<const char*, const char*> cases[] = {{"[]", "list"},   {"\"x\"", "str"}, {"1", "int"},
                                                       {"1.5", "float"}, {"true", "bool"}, {"null", "NoneType"}};
  for (const auto& [body, type] : cases) {
    const auto read = read_json(body);
    EXPECT_EQ(std::get<Form>(read).not_a_dictionary()->body,
              R"({"non_field_errors":["Invalid data. Expected a dictionary, but got )" + std::string(type) + R"(."]})");
  }
}

TEST(Form, AnEmptyBodyHasNoFieldsWhateverItsType) {
  EXPECT_EQ(std::get<Form>(Form::read(request_with("", ""))).field("token").state, Field::State::missing);
}

TEST(Form, RefusesOtherMediaTypesByName) {
  const auto plain = std::get<http::Response>(Form::read(request_with("text/plain", "x")));
  EXPECT_EQ(plain.status, 415);
  EXPECT_EQ(plain.body, R"({"detail":"Unsupported media type \"text/plain\" in request."})");
  EXPECT_EQ(std::get<http::Response>(Form::read(request_with("", "x"))).status, 415);
}

TEST(Form, ShowsNoMediaTypeThatIsNoText) {
  const auto refused = std::get<http::Response>(Form::read(request_with("te\xFFxt" + std::string(500, 'x'), "x")));
  EXPECT_EQ(refused.body,
            R"({"detail":"Unsupported media type \"te?xt)" + std::string(95, 'x') + R"(\" in request."})");
}

TEST(Form, RefusesJsonWithMoreValuesThanAnyFormHas) {
  std::string body = "[0";
  for (int i = 0; i < 2'000; ++i) body += ",0";
  const auto refused = std::get<http::Response>(read_json(body + "]"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("more than 1000 values"), std::string::npos);
}

TEST(Form, MalformedJsonIsRefusedWithWhatAndWhere) {
  const auto refused = std::get<http::Response>(read_json("{\"message\":"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(refused.body.starts_with(R"({"detail":"JSON parse error - )")) << refused.body;
}

TEST(Form, ATokenThatIsNoTextCountsAsNotThere) {
  const auto read = read_json(R"({"token":7})");
  EXPECT_EQ(std::get<Form>(read).field("token").state, Field::State::not_text);
}

}  // namespace
}  // namespace parley::api
