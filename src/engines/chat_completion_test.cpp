#include "engines/chat_completion.h"

#include <gtest/gtest.h>

namespace parley::engines {
namespace {

std::string reply_with(const std::string& content, const std::string& usage = "null") {
  return R"({"choices":[{"message":{"role":"assistant","content":)" + content + R"(}}],"usage":)" + usage + "}";
}

std::optional<Usage> usage_of(const std::string& input, const std::string& output, const std::string& text = "hi") {
  return parse_completion(
             reply_with('"' + text + '"', R"({"prompt_tokens":)" + input + R"(,"completion_tokens":)" + output + "}"))
      .value()
      .usage;
}

TEST(CompletionRequest, HasModelRolesAndContentsInOrder) {
  EXPECT_EQ(completion_request("m\"1",
                               {.messages = {{.role = Role::system, .text = "a\nb"},
                                             {.role = Role::assistant, .text = ""},
                                             {.role = Role::user, .text = "\"é\""}}},
                               Delivery::whole),
            R"({"model":"m\"1","messages":[{"role":"system","content":"a\nb"},)"
            R"({"role":"assistant","content":""},{"role":"user","content":"\"é\""}]})");
  EXPECT_EQ(completion_request("m", {}, Delivery::whole), R"({"model":"m","messages":[]})");
}

TEST(CompletionRequest, HasItsLimitOfOutput) {
  EXPECT_EQ(completion_request("m", {.call = {.output_max = 7}}, Delivery::whole),
            R"({"model":"m","messages":[],"max_completion_tokens":7})");
}

TEST(CompletionRequest, OfAStreamAsksForItsUsage) {
  EXPECT_EQ(completion_request("m", {}, Delivery::stream),
            R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}})");
}

TEST(RelayedBody, LetsPassWhatTheModelAllowsOfCostlyOptions) {
  const std::string body = R"({"model":"m","store":true,"service_tier":"flex","background":true})";
  EXPECT_EQ(relayed_body({.body = body}, "m"), R"({"model":"m"})");
  EXPECT_EQ(relayed_body({.body = body, .passes = {"service_tier", "store"}}, "m"),
            R"({"model":"m","store":true,"service_tier":"flex"})");
}

TEST(RelayedBody, IsTheClientsBytesButForTheModel) {
  const std::string body = R"({ "model" : "alias", "tools":[{"x":1.0e1}], "messages":[ ] ,"seed":-0,"new":"é"})";
  EXPECT_EQ(relayed_body({.body = body}, "real"),
            R"({ "model" : "real", "tools":[{"x":1.0e1}], "messages":[ ] ,"seed":-0,"new":"é"})");
  EXPECT_EQ(relayed_body({.body = body}, "alias"), body);
}

TEST(RelayedBody, OfAStreamBringsTheUsageWhateverTheClientAsked) {
  const auto options = [](const std::string& sent, bool wants = false) {
    return relayed_body({.body = R"({"model":"m")" + sent + "}", .stream = true, .wants_usage = wants}, "m");
  };
  EXPECT_EQ(options(""), R"({"model":"m","stream_options":{"include_usage":true}})");
  EXPECT_EQ(options(R"(,"stream_options":null)"), R"({"model":"m","stream_options":{"include_usage":true}})");
  EXPECT_EQ(options(R"(,"stream_options":{"a":[1] ,"include_usage":false})"),
            R"({"model":"m","stream_options":{"a":[1] ,"include_usage":true}})");
  EXPECT_EQ(options(R"(,"stream_options":{ "include_usage" : true })", true),
            R"({"model":"m","stream_options":{ "include_usage" : true }})");
}

TEST(RelayedBody, DropsWhatWouldCostTheOperator) {
  EXPECT_EQ(relayed_body({.body = R"({"service_tier":"priority","model":"m","store":true,"background":true})"}, "m"),
            R"({"model":"m"})");
}

TEST(RelayedBody, LowersTheLimitsOfOutput) {
  const auto limited = [](const std::string& sent) {
    return relayed_body({.body = R"({"model":"m")" + sent + "}", .call = {.output_max = 100}}, "m");
  };
  EXPECT_EQ(limited(""), R"({"model":"m","max_completion_tokens":100})");
  EXPECT_EQ(limited(R"(,"max_tokens":null)"), R"({"model":"m","max_tokens":null,"max_completion_tokens":100})");
  EXPECT_EQ(limited(R"(,"max_tokens": 100)"), R"({"model":"m","max_tokens": 100})");
  EXPECT_EQ(limited(R"(,"max_tokens": 101 ,"max_completion_tokens":99999999999999999999)"),
            R"({"model":"m","max_tokens": 100 ,"max_completion_tokens":100})");
  EXPECT_EQ(limited(R"(,"max_tokens":1e3)"), R"({"model":"m","max_tokens":100})");
}

TEST(ParseRelayedCompletion, SavesWhatTheModelSaidAndKeepsTheBody) {
  const std::string body =
      R"({"choices":[{"message":{"content":null,"tool_calls":[{"id":"1","type":"function","function":)"
      R"({"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},"finish_reason":"tool_calls"}]})";
  const auto reply = parse_relayed_completion(body).value();
  EXPECT_EQ(reply.text, R"(weather{"city":"Paris"})");
  EXPECT_EQ(reply.finish_reason, "tool_calls");
  EXPECT_EQ(reply.relayed, body);
  EXPECT_EQ(parse_relayed_completion(R"({"choices":[{"message":{"refusal":"No."}}]})").value().text, "No.");
  EXPECT_TRUE(parse_relayed_completion(R"({"choices":[{}]})").has_error());
  EXPECT_TRUE(parse_relayed_completion(R"({"error":{}})").has_error());
}

TEST(ParseCompletion, ReadsTextAndUsage) {
  const auto reply = parse_completion(reply_with(R"("Hello \u00e9")", R"({"prompt_tokens":12,"completion_tokens":3})"));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->text, "Hello é");
  ASSERT_TRUE(reply->usage.has_value());
  EXPECT_EQ(reply->usage->input_model_tokens, 12);
  EXPECT_EQ(reply->usage->output_model_tokens, 3);
}

TEST(ParseCompletion, TakesTheFirstChoice) {
  EXPECT_EQ(parse_completion(R"({"choices":[{"message":{"content":"1"}},{"message":{"content":"2"}}]})").value().text,
            "1");
}

TEST(ParseCompletion, NullIsEmptyAndPartsAreJoined) {
  EXPECT_EQ(parse_completion(reply_with("null")).value().text, "");
  EXPECT_EQ(parse_completion(reply_with("[]")).value().text, "");
  EXPECT_EQ(parse_completion(reply_with(R"([{"type":"text","text":"a"},{"type":"image","url":"x"},)"
                                        R"({"type":"text","text":"b"}])"))
                .value()
                .text,
            "ab");
}

TEST(ParseCompletion, RefusesWhatIsNoSuchReply) {
  for (const std::string body : {"",
                                 "{",
                                 "null",
                                 "[]",
                                 "7",
                                 "{}",
                                 R"({"choices":null})",
                                 R"({"choices":{}})",
                                 R"({"choices":[]})",
                                 R"({"choices":[null]})",
                                 R"({"choices":[{}]})",
                                 R"({"choices":[{"message":null}]})",
                                 R"({"choices":[{"message":{}}]})",
                                 R"({"choices":[{"message":{"content":7}}]})",
                                 R"({"choices":[{"message":{"content":{}}}]})",
                                 R"({"choices":[{"message":{"content":["secret"]}}]})",
                                 R"({"choices":[{"message":{"content":[{"type":"text"}]}}]})",
                                 R"({"choices":[{"message":{"content":[{"type":"text","text":7}]}}]})",
                                 R"({"choices":[{"message":{"content":"secret"}}]} x)",
                                 "{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}",
                                 R"({"choices":[{"message":{"content":"secret","content":"b"}}]})",
                                 R"({"error":{"message":"secret raw text"}})"}) {
    const auto reply = parse_completion(body);
    ASSERT_TRUE(reply.has_error()) << body;
    EXPECT_EQ(reply.error().code, base::ErrorCode::engine_failed) << body;
    EXPECT_EQ((reply.error().message + reply.error().detail).find("secret"), std::string::npos) << body;
  }
}

TEST(ParseCompletion, RefusesAReplyCutAtAnyByte) {
  const std::string whole = reply_with("\"text\"", R"({"prompt_tokens":1,"completion_tokens":2})");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(parse_completion(whole.substr(0, size)).has_error()) << size;
  }
}

TEST(ParseCompletion, UsageThatIsNotCredibleIsNone) {
  EXPECT_TRUE(usage_of("0", "1").has_value());
  EXPECT_TRUE(usage_of("9007199254740991", "9007199254740991").has_value());
  EXPECT_FALSE(usage_of("-1", "1").has_value());
  EXPECT_FALSE(usage_of("1", "-1").has_value());
  EXPECT_FALSE(usage_of("9007199254740992", "1").has_value());
  EXPECT_FALSE(usage_of("18446744073709551615", "1").has_value());
  EXPECT_FALSE(usage_of("1.5", "1").has_value());
  EXPECT_FALSE(usage_of("1e3", "1").has_value());
  EXPECT_FALSE(usage_of("\"1\"", "1").has_value());
  EXPECT_FALSE(usage_of("null", "1").has_value());
  EXPECT_FALSE(usage_of("1", "0").has_value());
  EXPECT_TRUE(usage_of("1", "0", "").has_value());
}

TEST(ParseCompletion, UsageOfAnotherShapeIsNone) {
  for (const std::string usage : {"null", "[]", "7", "{}", R"({"prompt_tokens":1})", R"({"completion_tokens":1})"}) {
    const auto reply = parse_completion(reply_with("\"x\"", usage));
    ASSERT_TRUE(reply.has_value()) << usage;
    EXPECT_FALSE(reply->usage.has_value()) << usage;
  }
}

}  // namespace
}  // namespace parley::engines
