#include "engines/messages_request.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace parley::engines {
namespace {

constexpr std::int64_t output_max_default = 4096;

RelayedRequest request_of(std::string body, std::optional<std::int64_t> output_max = std::nullopt) {
  return {.body = std::move(body), .call = {.model = "claude", .output_max = output_max}};
}

/// What is sent for these messages, from "system" or "messages" on.
std::string messages(const std::string& sent) {
  const std::string head = R"({"model":"claude","max_tokens":4096,)";
  const auto body = translated_request(request_of(R"({"model":"alias","messages":)" + sent + "}"), output_max_default);
  if (body.has_error()) return body.error().message;
  EXPECT_TRUE(body->starts_with(head)) << *body;
  return body->substr(head.size(), body->size() - head.size() - 1);
}

/// What is sent after the messages for these further fields.
std::string options(const std::string& fields, std::optional<std::int64_t> output_max = std::nullopt) {
  const std::string said = R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}])";
  const auto body = translated_request(
      request_of(R"({"model":"alias","messages":[{"role":"user","content":"Hi"}],)" + fields + "}", output_max),
      output_max_default);
  if (body.has_error()) {
    EXPECT_EQ(body.error().code, base::ErrorCode::engine_refused);
    return body.error().message;
  }
  const auto at = body->find(said);
  EXPECT_NE(at, std::string::npos) << *body;
  return body->substr(at + said.size());
}

/// The limit that is sent for these fields.
std::string limit(const std::string& fields, std::optional<std::int64_t> output_max = std::nullopt) {
  const auto body = translated_request(request_of(R"({"messages":[])" + fields + "}", output_max), output_max_default);
  if (body.has_error()) return body.error().message;
  const std::string before = R"({"model":"claude","max_tokens":)";
  return body->substr(before.size(), body->find(',', before.size()) - before.size());
}

TEST(MessagesRequest, HasTheSystemApartAndOneMessageForEachTurn) {
  const Prompt prompt{.messages = {{.role = Role::system, .text = "Be \"brief\"."},
                                   {.role = Role::user, .text = "a\nb"},
                                   {.role = Role::user, .text = "é"},
                                   {.role = Role::assistant, .text = "c"},
                                   {.role = Role::assistant, .text = ""},
                                   {.role = Role::system, .text = "In French."},
                                   {.role = Role::user, .text = "d"}},
                      .call = {.model = "m\"1"}};
  EXPECT_EQ(messages_request(prompt, Delivery::whole, 7),
            R"({"model":"m\"1","max_tokens":7,"system":"Be \"brief\".\nIn French.","messages":[)"
            R"({"role":"user","content":[{"type":"text","text":"a\nb"},{"type":"text","text":"é"}]},)"
            R"({"role":"assistant","content":[{"type":"text","text":"c"}]},)"
            R"({"role":"user","content":[{"type":"text","text":"d"}]}]})");
}

TEST(MessagesRequest, OfAStreamSaysSo) {
  EXPECT_EQ(messages_request({.call = {.model = "m", .output_max = 9}}, Delivery::stream, 7),
            R"({"model":"m","max_tokens":9,"messages":[],"stream":true})");
}

TEST(TranslatedRequest, OfAStreamSaysSo) {
  RelayedRequest request = request_of(R"({"messages":[],"stream":true,"stream_options":{"include_usage":true}})");
  request.stream = true;
  EXPECT_EQ(translated_request(request, 5).value(), R"({"model":"claude","max_tokens":5,"messages":[],"stream":true})");
}

TEST(TranslatedRequest, PutsSystemAndDeveloperApart) {
  EXPECT_EQ(messages(R"([{"role":"system","content":"One."},{"role":"user","content":"Hi","name":"Ann"},)"
                     R"({"role":"developer","content":[{"type":"text","text":"Tw"},{"type":"text","text":"o."}]}])"),
            R"("system":"One.\nTwo.","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}])");
}

TEST(TranslatedRequest, KeepsTextAndImages) {
  EXPECT_EQ(messages(R"([{"role":"user","content":[{"type":"text","text":"What is this?"},)"
                     R"({"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO+/==","detail":"low"}},)"
                     R"({"type":"image_url","image_url":{"url":"https://example.org/a?b=\"c\""}}]}])"),
            R"("messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},)"
            R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO+/=="}},)"
            R"({"type":"image","source":{"type":"url","url":"https://example.org/a?b=\"c\""}}]}])");
}

TEST(TranslatedRequest, MakesCallsAndResultsOfToolsBlocks) {
  EXPECT_EQ(messages(R"([{"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":[)"
                     R"({"id":"c1","type":"function","function":{"name":"f","arguments":"{\"city\": \"Köln\"}"}},)"
                     R"({"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},)"
                     R"({"role":"tool","tool_call_id":"c1","content":"wet"},)"
                     R"({"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"dry"}]},)"
                     R"({"role":"tool","tool_call_id":"c3","content":""},{"role":"user","content":"So?"}])"),
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Weather?"}]},)"
            R"({"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"city": "Köln"}},)"
            R"({"type":"tool_use","id":"c2","name":"g","input":{}}]},)"
            R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"wet"},)"
            R"({"type":"tool_result","tool_use_id":"c2","content":"dry"},)"
            R"({"type":"tool_result","tool_use_id":"c3"},{"type":"text","text":"So?"}]}])");
}

TEST(TranslatedRequest, KeepsWhatTheAssistantSaidOrRefused) {
  EXPECT_EQ(
      messages(R"([{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"refusal","refusal":"b"}]},)"
               R"({"role":"user","content":""},{"role":"assistant","content":null,"refusal":"No."}])"),
      R"("messages":[{"role":"assistant","content":[{"type":"text","text":"ab"},{"type":"text","text":"No."}]}])");
}

TEST(TranslatedRequest, TranslatesTools) {
  const std::string tool = R"("tools":[{"type":"function","function":{"name":"f","description":"Does \"it\".",)"
                           R"("strict":true,"parameters":{"type":"object","properties":{"x":{"type":"number"}}}}},)"
                           R"({"type":"function","function":{"name":"g"}}])";
  const std::string translated = R"(,"tools":[{"name":"f","description":"Does \"it\".","input_schema":)"
                                 R"({"type":"object","properties":{"x":{"type":"number"}}}},)"
                                 R"({"name":"g","input_schema":{"type":"object","properties":{}}}])";
  EXPECT_EQ(options(tool), translated + "}");
  EXPECT_EQ(options(tool + R"(,"tool_choice":"auto")"), translated + R"(,"tool_choice":{"type":"auto"}})");
  EXPECT_EQ(options(tool + R"(,"tool_choice":"required")"), translated + R"(,"tool_choice":{"type":"any"}})");
  EXPECT_EQ(options(tool + R"(,"tool_choice":"none","parallel_tool_calls":false)"),
            translated + R"(,"tool_choice":{"type":"none"}})");
  EXPECT_EQ(options(tool + R"(,"tool_choice":{"type":"function","function":{"name":"g"}})"),
            translated + R"(,"tool_choice":{"type":"tool","name":"g"}})");
  EXPECT_EQ(options(tool + R"(,"parallel_tool_calls":false)"),
            translated + R"(,"tool_choice":{"type":"auto","disable_parallel_tool_use":true}})");
  EXPECT_EQ(options(tool + R"(,"parallel_tool_calls":true)"), translated + "}");
  EXPECT_EQ(options(R"("tools":[],"parallel_tool_calls":false)"), "}");
}

TEST(TranslatedRequest, TakesTheLowestLimitOfOutput) {
  EXPECT_EQ(limit(""), "4096");
  EXPECT_EQ(limit(R"(,"max_tokens":null)"), "4096");
  EXPECT_EQ(limit(R"(,"max_tokens":9000)"), "9000");
  EXPECT_EQ(limit(R"(,"max_tokens":9,"max_completion_tokens":8)"), "8");
  EXPECT_EQ(limit("", 100), "100");
  EXPECT_EQ(limit("", 9000), "9000");
  EXPECT_EQ(limit(R"(,"max_completion_tokens":99)", 100), "99");
  EXPECT_EQ(limit(R"(,"max_tokens":101)", 100), "100");
  EXPECT_EQ(limit(R"(,"max_tokens":18446744073709551615)", 100), "100");
  for (const char* wrong : {"0", "-1", "1.5", "1e3", "\"5\"", "true"}) {
    EXPECT_EQ(limit(R"(,"max_tokens":)" + std::string(wrong)), "The AI cannot read max_tokens.") << wrong;
  }
}

TEST(TranslatedRequest, TranslatesHowToSample) {
  EXPECT_EQ(options(R"("stop":"\n\n","temperature":0.7,"top_p":0.95,"user":"u\"1")"),
            R"(,"stop_sequences":["\n\n"],"temperature":0.7,"top_p":0.95,"metadata":{"user_id":"u\"1"}})");
  EXPECT_EQ(options(R"("stop":["a","b"],"temperature":2)"), R"(,"stop_sequences":["a","b"],"temperature":1})");
  EXPECT_EQ(options(R"("stop":[],"temperature":-1,"user":"")"), R"(,"temperature":0})");
}

TEST(TranslatedRequest, LeavesOutWhatAnAnswerDoesWithout) {
  EXPECT_EQ(options(R"("seed":1,"presence_penalty":1.5,"frequency_penalty":-1,"metadata":{"a":"b"},"store":true,)"
                    R"("service_tier":"priority","reasoning_effort":"high","prediction":{},"what_is_new":[1],)"
                    R"("response_format":{"type":"text"},"logprobs":false,"top_logprobs":0,"logit_bias":{},)"
                    R"("modalities":["text"],"n":1,"tools":null,"tool_choice":null,"stop":null,"audio":null)"),
            "}");
}

TEST(TranslatedRequest, NamesTheFieldThatHasNoEqual) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {R"("response_format":{"type":"json_object"})", "The AI does not know response_format."},
      {R"("response_format":{"type":"json_schema","json_schema":{}})", "The AI does not know response_format."},
      {R"("response_format":"secret")", "The AI does not know response_format."},
      {R"("logprobs":true)", "The AI does not know logprobs."},
      {R"("top_logprobs":2)", "The AI does not know top_logprobs."},
      {R"("logit_bias":{"50256":-100})", "The AI does not know logit_bias."},
      {R"("audio":{"voice":"secret"})", "The AI does not know audio."},
      {R"("modalities":["text","audio"])", "The AI does not know modalities."},
      {R"("web_search_options":{})", "The AI does not know web_search_options."},
      {R"("functions":[])", "The AI does not know functions."},
      {R"("function_call":"secret")", "The AI does not know function_call."},
      {R"("tools":[{"type":"secret"}])", "The AI does not know tools[0].type."},
      {R"("tools":[{"type":"function"}])", "The AI cannot read tools[0].function.name."},
      {R"("tools":[{"type":"function","function":{"name":"f","parameters":"secret"}}])",
       "The AI cannot read tools[0].function.parameters."},
      {R"("tools":"secret")", "The AI cannot read tools."},
      {R"("tool_choice":"secret")", "The AI cannot read tool_choice."},
      {R"("tool_choice":{"type":"allowed_tools"})", "The AI does not know tool_choice.type."},
      {R"("tool_choice":{"type":"function"})", "The AI cannot read tool_choice.function.name."},
      {R"("parallel_tool_calls":"secret")", "The AI cannot read parallel_tool_calls."},
      {R"("stop":["a",1])", "The AI cannot read stop."},
      {R"("temperature":"secret")", "The AI cannot read temperature."},
      {R"("top_p":true)", "The AI cannot read top_p."},
      {R"("user":7)", "The AI cannot read user."},
  };
  for (const auto& [field, message] : refused) EXPECT_EQ(options(field), message) << field;
}

TEST(TranslatedRequest, NamesThePartOfAMessageThatHasNoEqual) {
  const auto content = [](const std::string& parts) {
    return messages(R"([{"role":"user","content":)" + parts + "}]");
  };
  for (const char* type : {"input_audio", "file", "secret"}) {
    EXPECT_EQ(content(R"([{"type":"text","text":"a"},{"type":")" + std::string(type) + R"("}])"),
              "The AI does not know messages[0].content[1].type.");
  }
  EXPECT_EQ(content("7"), "The AI cannot read messages[0].content.");
  EXPECT_EQ(content(R"(["secret"])"), "The AI cannot read messages[0].content[0].type.");
  EXPECT_EQ(content(R"([{"type":"text"}])"), "The AI cannot read messages[0].content[0].text.");
  for (const std::string url : {"ftp://secret/", "data:image/png,secret", "data:;base64,secret",
                                "data:image/png;base64,", "data:image/png;base64", "secret", ""}) {
    EXPECT_EQ(content(R"([{"type":"image_url","image_url":{"url":")" + url + R"("}}])"),
              "The AI cannot read messages[0].content[0].image_url.url.")
        << url;
  }
  EXPECT_EQ(content(R"([{"type":"image_url","image_url":"https://secret"}])"),
            "The AI cannot read messages[0].content[0].image_url.url.");
  EXPECT_EQ(messages(R"([{"role":"function","name":"f","content":""}])"), "The AI does not know messages[0].role.");
  EXPECT_EQ(messages(R"([{"role":"system","content":[{"type":"image_url"}]}])"),
            "The AI does not know messages[0].content[0].type.");
  EXPECT_EQ(messages(R"([{"role":"tool","content":"a"}])"), "The AI cannot read messages[0].tool_call_id.");
  EXPECT_EQ(messages(R"([{"role":"assistant","audio":{"id":"secret"}}])"), "The AI does not know messages[0].audio.");
  EXPECT_EQ(messages(R"([{"role":"assistant","function_call":{}}])"),
            "The AI does not know messages[0].function_call.");
}

TEST(TranslatedRequest, NamesTheCallThatItCannotRead) {
  const auto call = [](const std::string& fields) {
    return messages(R"([{"role":"assistant","tool_calls":[{)" + fields + "}]}]");
  };
  EXPECT_EQ(call(R"("type":"custom")"), "The AI does not know messages[0].tool_calls[0].type.");
  EXPECT_EQ(call(R"("function":{"name":"f"})"), "The AI cannot read messages[0].tool_calls[0].id.");
  EXPECT_EQ(call(R"("id":"1")"), "The AI cannot read messages[0].tool_calls[0].function.name.");
  for (const char* arguments : {"{", "[]", "secret", "1", "{\\\"a\\\":1,\\\"a\\\":2}", "{}{}"}) {
    EXPECT_EQ(call(R"("id":"1","function":{"name":"f","arguments":")" + std::string(arguments) + R"("})"),
              "The AI cannot read messages[0].tool_calls[0].function.arguments.")
        << arguments;
  }
  EXPECT_EQ(messages(R"([{"role":"assistant","tool_calls":{}}])"), "The AI cannot read messages[0].tool_calls.");
}

}  // namespace
}  // namespace parley::engines
