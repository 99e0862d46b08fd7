#include "engines/anthropic.h"

#include <gtest/gtest.h>

#include "async/run_to_end.h"
#include "base/manual_clock.h"
#include "upstream/scripted_upstream.h"

namespace parley::engines {
namespace {

using namespace std::chrono_literals;
namespace asio = async::asio;
using base::ErrorCode;
using upstream::Cue;
using upstream::http_reply;
using upstream::ScriptedUpstream;

const std::string good_body =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-1","content":[{"type":"text","text":"Hi."}],)"
    R"("stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":2}})";
const Cue good{.bytes = http_reply(200, good_body)};
const Cue cut{.bytes = "", .then = Cue::Then::close};

const std::vector<std::string> good_events = {
    R"({"type":"message_start","message":{"id":"msg_1","model":"claude-1","usage":{"input_tokens":5}}})",
    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi."}})",
    R"({"type":"content_block_stop","index":0})",
    R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}})",
    R"({"type":"message_stop"})",
};

std::string error_of(const std::string& type) {
  return R"({"type":"error","error":{"type":")" + type + R"(","message":"raw upstream text"}})";
}

Cue status(int code, const std::string& headers = "") {
  return {.bytes = http_reply(code, error_of("some_error"), headers)};
}

/// A stream with the first so many events, and with this one after them.
Cue stream_of(std::size_t events, const std::string& last = "") {
  std::string body;
  for (std::size_t i = 0; i < events; ++i) body += "data: " + good_events[i] + "\n\n";
  if (!last.empty()) body += "data: " + last + "\n\n";
  return {.bytes = http_reply(200, body, "Content-Type: text/event-stream\r\n")};
}

AnthropicSettings settings_for(const std::string& address) {
  AnthropicSettings settings;
  settings.base_url = address + "/";
  settings.api_key = "sk-secret";
  settings.retries.backoff_first = 2ms;
  return settings;
}

/// What is said or logged names neither the key, nor the message, nor what the server wrote.
void expect_discreet(const base::Error& error) {
  for (const std::string_view secret : {"sk-secret", "my message", "raw upstream text", "127.0.0.1", "nthropic"}) {
    EXPECT_EQ(error.message.find(secret), std::string::npos) << error.message;
  }
  for (const std::string_view secret : {"sk-secret", "my message", "raw upstream text"}) {
    EXPECT_EQ(error.detail.find(secret), std::string::npos) << error.detail;
  }
}

class Notes final : public ReplyListener {
 public:
  void open() override { ++opens; }
  void hear(const Heard& heard) override {
    text += heard.text;
    if (!heard.chunk.empty()) chunks.emplace_back(heard.chunk);
  }
  int opens = 0;
  std::string text;
  std::vector<std::string> chunks;
};

class AnthropicTest : public testing::Test {
 protected:
  void start(const AnthropicSettings& settings) { engine = Anthropic::create(settings, client, clock).value(); }

  base::Result<Reply> generate(Call call = {}, ReplyListener* listener = nullptr) {
    call.model = "claude-test";
    Prompt prompt{.messages = {{.role = Role::user, .text = "my message"}}, .call = std::move(call)};
    auto reply = async::run_to_end(context, engine->generate(std::move(prompt), listener));
    if (reply.has_error()) expect_discreet(reply.error());
    return reply;
  }

  base::Result<Reply> relay(RelayedRequest request, ReplyListener* listener = nullptr) {
    request.call.model = "claude-test";
    request.stream = listener != nullptr;
    auto reply = async::run_to_end(context, engine->relay(std::move(request), listener));
    if (reply.has_error()) expect_discreet(reply.error());
    return reply;
  }

  ErrorCode failure() {
    const auto reply = generate();
    return reply.has_error() ? reply.error().code : ErrorCode::internal;
  }

  asio::io_context context{1};
  asio::executor_work_guard<async::Executor> work{context.get_executor()};
  base::ManualClock clock;
  upstream::Client client{{&context}};
  std::unique_ptr<Anthropic> engine;
};

TEST_F(AnthropicTest, AsksForAMessageAndReadsTheReply) {
  ScriptedUpstream server({good});
  start(settings_for(server.url()));
  const auto reply = generate();
  ASSERT_TRUE(reply.has_value()) << reply.error().detail;
  EXPECT_EQ(reply->text, "Hi.");
  EXPECT_EQ(reply->usage.value().output_model_tokens, 2);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /v1/messages HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("\r\nx-api-key: sk-secret\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nanthropic-version: 2023-06-01\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_TRUE(
      request.ends_with("\r\n\r\n"
                        R"({"model":"claude-test","max_tokens":4096,"messages":[)"
                        R"({"role":"user","content":[{"type":"text","text":"my message"}]}]})"))
      << request;
}

TEST_F(AnthropicTest, WithoutAKeyNothingIsSaidAboutOne) {
  ScriptedUpstream server({good});
  AnthropicSettings settings = settings_for(server.url());
  settings.api_key = "";
  start(settings);
  ASSERT_TRUE(generate().has_value());
  EXPECT_EQ(server.requests().at(0).find("x-api-key"), std::string::npos);
}

TEST_F(AnthropicTest, AsksForNoMoreThanTheCallAllows) {
  ScriptedUpstream server({good});
  start(settings_for(server.url()));
  ASSERT_TRUE(generate({.output_max = 9}).has_value());
  EXPECT_NE(server.requests().at(0).find(R"("max_tokens":9,)"), std::string::npos);
}

TEST_F(AnthropicTest, StreamsAPrompt) {
  ScriptedUpstream server({stream_of(6)});
  start(settings_for(server.url()));
  Notes notes;
  const auto reply = generate({}, &notes);
  ASSERT_TRUE(reply.has_value()) << reply.error().detail;
  EXPECT_EQ(notes.opens, 1);
  EXPECT_EQ(notes.text, "Hi.");
  EXPECT_TRUE(notes.chunks.empty());
  EXPECT_EQ(reply->usage.value().input_model_tokens, 5);
  EXPECT_TRUE(server.requests().at(0).ends_with(R"(,"stream":true})"));
}

TEST_F(AnthropicTest, RelaysAWholeCompletion) {
  ScriptedUpstream server({good});
  start(settings_for(server.url()));
  const auto reply = relay({.body = R"({"model":"alias","messages":[{"role":"user","content":"my message"}]})"});
  ASSERT_TRUE(reply.has_value()) << reply.error().detail;
  const std::int64_t created = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count();
  EXPECT_TRUE(reply->relayed.starts_with(R"({"id":"chatcmpl-1","object":"chat.completion","created":)" +
                                         std::to_string(created) + R"(,"model":"claude-1")"))
      << reply->relayed;
  EXPECT_EQ(reply->text, "Hi.");
}

TEST_F(AnthropicTest, RelaysAStream) {
  ScriptedUpstream server({stream_of(6)});
  start(settings_for(server.url()));
  Notes notes;
  const auto reply = relay({.body = R"({"messages":[]})", .wants_usage = true}, &notes);
  ASSERT_TRUE(reply.has_value()) << reply.error().detail;
  EXPECT_EQ(notes.text, "Hi.");
  EXPECT_EQ(notes.chunks.size(), 2U);
  EXPECT_EQ(reply->closing.size(), 2U);
}

TEST_F(AnthropicTest, DoesNotAskForWhatHasNoEqual) {
  ScriptedUpstream server({good});
  start(settings_for(server.url()));
  const auto reply = relay({.body = R"({"messages":[],"logprobs":true})"});
  ASSERT_TRUE(reply.has_error());
  EXPECT_EQ(reply.error().code, ErrorCode::engine_refused);
  EXPECT_EQ(reply.error().message, "The AI does not know logprobs.");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(AnthropicTest, ABusyServerIsTriedAgain) {
  ScriptedUpstream server({status(429), status(529), good});
  start(settings_for(server.url()));
  EXPECT_EQ(generate().value().text, "Hi.");
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(AnthropicTest, EachStatusHasItsMeaning) {
  const std::vector<std::pair<int, ErrorCode>> meanings = {
      {400, ErrorCode::engine_refused}, {401, ErrorCode::engine_failed},  {403, ErrorCode::engine_failed},
      {404, ErrorCode::engine_failed},  {413, ErrorCode::engine_refused}, {429, ErrorCode::engine_busy},
      {500, ErrorCode::engine_failed},  {503, ErrorCode::engine_busy},    {529, ErrorCode::engine_busy},
  };
  for (const auto& [code, meaning] : meanings) {
    ScriptedUpstream server({status(code)});
    start(settings_for(server.url()));
    EXPECT_EQ(failure(), meaning) << code;
    Notes notes;
    const auto streamed = generate({}, &notes);
    EXPECT_EQ(streamed.error().code, meaning) << code;
    EXPECT_EQ(notes.opens, 0) << code;
  }
}

TEST_F(AnthropicTest, PatienceThatIsTooLongIsLeftToTheCaller) {
  ScriptedUpstream server({status(429, "Retry-After: 42\r\n"), good});
  start(settings_for(server.url()));
  EXPECT_EQ(generate().error().retry_after, 42s);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(AnthropicTest, ARequestCutOffBeforeAnyReplyIsSentOnceMore) {
  ScriptedUpstream server({cut, good});
  start(settings_for(server.url()));
  EXPECT_TRUE(generate().has_value());
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(AnthropicTest, BadRepliesFailWithoutAnotherTry) {
  for (const Cue& cue :
       {Cue{.bytes = http_reply(200, "<html>raw upstream text</html>")}, Cue{.bytes = http_reply(200, "")},
        Cue{.bytes = http_reply(200, error_of("api_error"))}, status(302, "Location: http://127.0.0.1:1/\r\n"),
        Cue{.bytes = good.bytes.substr(0, good.bytes.size() - 1), .then = Cue::Then::close}}) {
    ScriptedUpstream server({cue, good});
    start(settings_for(server.url()));
    EXPECT_EQ(failure(), ErrorCode::engine_failed) << cue.bytes;
    EXPECT_EQ(server.requests().size(), 1U) << cue.bytes;
  }
}

TEST_F(AnthropicTest, AnOversizeReplyFails) {
  ScriptedUpstream server({good});
  AnthropicSettings settings = settings_for(server.url());
  settings.limits.reply_bytes_max = good_body.size() - 1;
  start(settings);
  EXPECT_EQ(failure(), ErrorCode::engine_failed);
}

TEST_F(AnthropicTest, AStreamBeyondTheLimitOfTimeIsCutOffWhereItWasHeard) {
  Cue cue = stream_of(3);
  cue.bytes.replace(cue.bytes.find("Content-Length"), std::string("Content-Length").size(), "X-Length");
  cue.then = Cue::Then::hang;
  ScriptedUpstream server({cue});
  AnthropicSettings settings = settings_for(server.url());
  settings.limits.whole = 1s;
  start(settings);
  Notes notes;
  const auto reply = generate({}, &notes);
  ASSERT_TRUE(reply.has_value()) << reply.error().detail;
  EXPECT_TRUE(reply->cut_off);
  EXPECT_EQ(reply->finish_reason, "length");
  EXPECT_FALSE(reply->usage.has_value());
  EXPECT_EQ(notes.text, "Hi.");
}

TEST_F(AnthropicTest, AStreamWithoutItsLastEventWasCutOff) {
  for (std::size_t events = 0; events < good_events.size(); ++events) {
    ScriptedUpstream server({stream_of(events)});
    start(settings_for(server.url()));
    Notes notes;
    EXPECT_EQ(generate({}, &notes).error().code, ErrorCode::engine_failed) << events;
    EXPECT_EQ(notes.opens, events > 2 ? 1 : 0) << events;
  }
}

TEST_F(AnthropicTest, AComplaintWithinAStreamIsBusyUntilSomethingWasSaid) {
  for (std::size_t events = 0; events < good_events.size(); ++events) {
    ScriptedUpstream server({stream_of(events, error_of("overloaded_error"))});
    start(settings_for(server.url()));
    Notes notes;
    const auto reply = generate({}, &notes);
    EXPECT_EQ(reply.error().code, events > 2 ? ErrorCode::engine_failed : ErrorCode::engine_busy) << events;
    EXPECT_EQ(notes.opens, events > 2 ? 1 : 0) << events;
    EXPECT_EQ(server.requests().size(), 1U) << events;
  }
}

TEST_F(AnthropicTest, RestsAfterFiveComplaints) {
  ScriptedUpstream server({stream_of(1, error_of("overloaded_error"))});
  start(settings_for(server.url()));
  Notes notes;
  for (int i = 0; i < 6; ++i) EXPECT_EQ(generate({}, &notes).error().code, ErrorCode::engine_busy);
  EXPECT_EQ(server.requests().size(), 5U);
}

TEST_F(AnthropicTest, ARefusedKeyIsLoggedOnceAndNeverShown) {
  ScriptedUpstream server({status(401)});
  start(settings_for(server.url()));
  testing::internal::CaptureStderr();
  for (int i = 0; i < 7; ++i) (void)generate();
  const std::string log = testing::internal::GetCapturedStderr();
  const auto first = log.find("engine_key_refused");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find("engine_key_refused", first + 1), std::string::npos);
  EXPECT_EQ(log.find("sk-secret"), std::string::npos);
}

TEST_F(AnthropicTest, SettingsThatCannotWorkAreRefused) {
  const auto refused = [this](const AnthropicSettings& settings) {
    const auto made = Anthropic::create(settings, client, clock);
    return made.has_error() && made.error().code == ErrorCode::invalid_input &&
           made.error().message.find("secret") == std::string::npos;
  };
  for (const std::string url : {"", "api.example", "ftp://x/", "https://user:secret@host", "https://host/?x=secret"}) {
    AnthropicSettings settings;
    settings.base_url = url;
    EXPECT_TRUE(refused(settings)) << url;
  }
  AnthropicSettings settings = settings_for("https://host:8443");
  EXPECT_FALSE(refused(settings));
  settings.api_key = "sk-secret\r\nX: y";
  EXPECT_TRUE(refused(settings));
}

}  // namespace
}  // namespace parley::engines
