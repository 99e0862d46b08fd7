#include "engines/messages_reply.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::engines {
namespace {

std::string reply_with(const std::string& content, const std::string& usage = "null",
                       const std::string& stop_reason = "\"end_turn\"") {
  return R"({"id":"msg_01","type":"message","role":"assistant","model":"claude-1","content":)" + content +
         R"(,"stop_reason":)" + stop_reason + R"(,"stop_sequence":null,"usage":)" + usage + "}";
}

const std::string hello = R"([{"type":"text","text":"Hello"}])";

TEST(ParseMessage, ReadsTextAndUsage) {
  const auto reply = parse_message(reply_with(
      R"([{"type":"thinking","thinking":"hm","signature":"x"},{"type":"text","text":"Hel"},{"type":"new"},)"
      R"({"type":"text","text":"lo"}])",
      R"({"input_tokens":5,"cache_creation_input_tokens":6,"cache_read_input_tokens":7,"output_tokens":2})"));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->text, "Hello");
  EXPECT_TRUE(reply->says_something);
  EXPECT_EQ(reply->finish_reason, "stop");
  EXPECT_EQ(reply->usage.value().input_model_tokens, 18);
  EXPECT_EQ(reply->usage.value().output_model_tokens, 2);
}

TEST(ParseMessage, AThoughtAloneSaysNothing) {
  const auto reply = parse_message(reply_with(R"([{"type":"thinking","thinking":"hm"}])"));
  ASSERT_TRUE(reply.has_value());
  EXPECT_FALSE(reply->says_something);
  EXPECT_FALSE(parse_relayed_message(reply_with("[]"), 0).value().says_something);
}

TEST(ParseMessage, SaysWhyItEndedInOpenAisWords) {
  const auto reason = [](const std::string& stop_reason) {
    return parse_message(reply_with(hello, "null", stop_reason)).value().finish_reason;
  };
  EXPECT_EQ(reason(R"("end_turn")"), "stop");
  EXPECT_EQ(reason(R"("stop_sequence")"), "stop");
  EXPECT_EQ(reason(R"("pause_turn")"), "stop");
  EXPECT_EQ(reason(R"("max_tokens")"), "length");
  EXPECT_EQ(reason(R"("model_context_window_exceeded")"), "length");
  EXPECT_EQ(reason(R"("tool_use")"), "tool_calls");
  EXPECT_EQ(reason(R"("refusal")"), "content_filter");
  EXPECT_EQ(reason(R"("what_is_new")"), "stop");
  EXPECT_EQ(reason("null"), "stop");
}

TEST(ParseRelayedMessage, WritesACompletion) {
  const std::string usage = R"({"input_tokens":5,"cache_creation_input_tokens":null,"output_tokens":2})";
  const auto reply = parse_relayed_message(reply_with(hello, usage), 1700000000).value();
  EXPECT_EQ(reply.text, "Hello");
  EXPECT_EQ(reply.relayed,
            R"({"id":"chatcmpl-01","object":"chat.completion","created":1700000000,"model":"claude-1","choices":[)"
            R"({"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},"logprobs":null,)"
            R"("finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})");
}

TEST(ParseRelayedMessage, WritesCallsOfTools) {
  const auto reply =
      parse_relayed_message(reply_with(R"([{"type":"tool_use","id":"t1","name":"f","input":{"city":"Kö\"ln"}},)"
                                       R"({"type":"tool_use","id":"t2","name":"g","input":{}}])",
                                       "null", R"("tool_use")"),
                            1)
          .value();
  EXPECT_EQ(reply.text, R"(f{"city":"Kö\"ln"}g{})");
  EXPECT_TRUE(reply.says_something);
  EXPECT_EQ(reply.relayed,
            R"({"id":"chatcmpl-01","object":"chat.completion","created":1,"model":"claude-1","choices":[)"
            R"({"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[)"
            R"({"id":"t1","type":"function","function":{"name":"f","arguments":"{\"city\":\"Kö\\\"ln\"}"}},)"
            R"({"id":"t2","type":"function","function":{"name":"g","arguments":"{}"}}]},"logprobs":null,)"
            R"("finish_reason":"tool_calls"}]})");
}

TEST(ParseMessage, RefusesWhatIsNoSuchReply) {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("null"), std::string("[]"), std::string("{}"),
        std::string(R"({"type":"error","error":{"type":"overloaded_error","message":"secret raw text"}})"),
        std::string(R"({"content":"secret"})"), reply_with("null"), reply_with("{}"), reply_with(R"(["secret"])"),
        reply_with("[{}]"), reply_with(R"([{"type":"text"}])"), reply_with(R"([{"type":"text","text":7}])"),
        reply_with(R"([{"type":"tool_use","id":"1","name":"secret"}])"),
        reply_with(R"([{"type":"tool_use","id":"1","name":"secret","input":"secret"}])"), reply_with(hello) + "x"}) {
    for (const auto& reply : {parse_message(body), parse_relayed_message(body, 0)}) {
      ASSERT_TRUE(reply.has_error()) << body;
      EXPECT_EQ(reply.error().code, base::ErrorCode::engine_failed) << body;
      EXPECT_EQ((reply.error().message + reply.error().detail).find("secret"), std::string::npos) << body;
    }
  }
}

TEST(ParseMessage, RefusesAReplyCutAtAnyByte) {
  const std::string whole = reply_with(hello, R"({"input_tokens":1,"output_tokens":2})");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(parse_message(whole.substr(0, size)).has_error()) << size;
  }
}

TEST(ParseMessage, UsageThatIsNotCredibleIsNone) {
  const auto usage = [](const std::string& figures) { return parse_message(reply_with(hello, figures)).value().usage; };
  EXPECT_TRUE(usage(R"({"input_tokens":0,"output_tokens":1})").has_value());
  EXPECT_TRUE(usage(R"({"input_tokens":9007199254740991,"output_tokens":9007199254740991})").has_value());
  for (const char* figures : {"null", "[]", "{}", R"({"input_tokens":1})", R"({"output_tokens":1})",
                              R"({"input_tokens":1,"output_tokens":0})", R"({"input_tokens":-1,"output_tokens":1})",
                              R"({"input_tokens":1.5,"output_tokens":1})", R"({"input_tokens":"1","output_tokens":1})",
                              R"({"input_tokens":1,"output_tokens":9007199254740992})",
                              R"({"input_tokens":9007199254740991,"cache_read_input_tokens":1,"output_tokens":1})",
                              R"({"input_tokens":1,"cache_creation_input_tokens":-1,"output_tokens":1})",
                              R"({"input_tokens":1,"cache_read_input_tokens":"many","output_tokens":1})"}) {
    EXPECT_FALSE(usage(figures).has_value()) << figures;
  }
}

}  // namespace
}  // namespace parley::engines
