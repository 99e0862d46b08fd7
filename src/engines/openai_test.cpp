#include "engines/openai.h"

#include <gtest/gtest.h>

#include "async/loop.h"
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
    R"({"choices":[{"message":{"content":"Hi."}}],"usage":{"prompt_tokens":5,"completion_tokens":2}})";
const Cue good{.bytes = http_reply(200, good_body)};
const Cue cut{.bytes = "", .then = Cue::Then::close};

Cue status(int code, const std::string& headers = "") {
  return {.bytes = http_reply(code, R"({"error":"raw upstream text"})", headers)};
}

OpenAiSettings settings_for(const std::string& address) {
  OpenAiSettings settings;
  settings.base_url = address + "/v1/";
  settings.api_key = "sk-secret";
  settings.retries.backoff_first = 2ms;
  return settings;
}

/// What is said or logged names neither the key, nor the message, nor what the server wrote.
void expect_discreet(const base::Error& error) {
  for (const std::string_view secret : {"sk-secret", "my message", "raw upstream text", "127.0.0.1"}) {
    EXPECT_EQ(error.message.find(secret), std::string::npos) << error.message;
  }
  for (const std::string_view secret : {"sk-secret", "my message", "raw upstream text"}) {
    EXPECT_EQ(error.detail.find(secret), std::string::npos) << error.detail;
  }
}

class OpenAiTest : public testing::Test {
 protected:
  void start(const OpenAiSettings& settings) { engine = OpenAi::create(settings, client, clock).value(); }

  base::Result<Reply> generate(Prompt prompt = {}) {
    prompt.messages = {{.role = Role::user, .text = "my message"}};
    prompt.call.model = "gpt-test";
    auto reply = async::run_to_end(context, engine->generate(std::move(prompt), nullptr));
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
  std::unique_ptr<OpenAi> engine;
};

TEST_F(OpenAiTest, AsksForACompletionAndReadsTheReply) {
  ScriptedUpstream server({good});
  start(settings_for(server.url()));
  const auto reply = generate();
  ASSERT_TRUE(reply.has_value()) << reply.error().detail;
  EXPECT_EQ(reply->text, "Hi.");
  EXPECT_EQ(reply->usage.value().output_model_tokens, 2);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("\r\nAuthorization: Bearer sk-secret\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_TRUE(
      request.ends_with("\r\n\r\n"
                        R"({"model":"gpt-test","messages":[{"role":"user","content":"my message"}]})"));
}

TEST_F(OpenAiTest, WithoutAKeyNothingIsSaidAboutOne) {
  ScriptedUpstream server({good});
  OpenAiSettings settings = settings_for(server.url());
  settings.api_key = "";
  start(settings);
  ASSERT_TRUE(generate().has_value());
  EXPECT_EQ(server.requests().at(0).find("Authorization"), std::string::npos);
}

TEST_F(OpenAiTest, ABusyServerIsTriedAgain) {
  ScriptedUpstream server({status(429), status(503), good});
  start(settings_for(server.url()));
  EXPECT_EQ(generate().value().text, "Hi.");
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(OpenAiTest, ThreeTriesAreTheMost) {
  ScriptedUpstream server({status(429), status(502), status(504), good});
  start(settings_for(server.url()));
  EXPECT_EQ(failure(), ErrorCode::engine_failed);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(OpenAiTest, WhatTheServerAsksForIsWaitedFor) {
  ScriptedUpstream server({status(429, "Retry-After: 1\r\n"), good});
  start(settings_for(server.url()));
  const auto started = std::chrono::steady_clock::now();
  EXPECT_TRUE(generate().has_value());
  EXPECT_GE(std::chrono::steady_clock::now() - started, 1s);
}

TEST_F(OpenAiTest, PatienceThatDoesNotFitTheDeadlineIsLeftToTheCaller) {
  ScriptedUpstream server({status(429, "Retry-After: 5\r\n"), good});
  OpenAiSettings settings = settings_for(server.url());
  settings.limits.whole = 4s;
  start(settings);
  const auto reply = generate();
  ASSERT_TRUE(reply.has_error());
  EXPECT_EQ(reply.error().code, ErrorCode::engine_busy);
  EXPECT_EQ(reply.error().retry_after, 5s);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(OpenAiTest, PatienceOfMinutesIsLeftToTheCaller) {
  ScriptedUpstream server({status(503, "Retry-After: 99999999\r\nRetry-After: 7200\r\n"), good});
  start(settings_for(server.url()));
  EXPECT_EQ(generate().error().retry_after, upstream::retry_after_max);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(OpenAiTest, ARequestCutOffBeforeAnyReplyIsSentOnceMoreAndNoMore) {
  ScriptedUpstream server({cut, good});
  start(settings_for(server.url()));
  EXPECT_TRUE(generate().has_value());
  EXPECT_EQ(server.requests().size(), 2U);
  ScriptedUpstream hopeless({cut});
  start(settings_for(hopeless.url()));
  EXPECT_EQ(failure(), ErrorCode::engine_failed);
  EXPECT_EQ(hopeless.requests().size(), 2U);
}

TEST_F(OpenAiTest, OnceAReplyBeganNothingIsSentAgain) {
  for (const std::size_t sent : {std::size_t{25}, good.bytes.size() - 1}) {
    ScriptedUpstream server({{.bytes = good.bytes.substr(0, sent), .then = Cue::Then::close}, good});
    start(settings_for(server.url()));
    EXPECT_EQ(failure(), ErrorCode::engine_failed);
    EXPECT_EQ(server.requests().size(), 1U);
  }
}

TEST_F(OpenAiTest, AServerThatRefusesConnectionsFails) {
  upstream::RefusingPort refusing;
  start(settings_for(refusing.url()));
  EXPECT_EQ(failure(), ErrorCode::engine_failed);
}

TEST_F(OpenAiTest, ASilentServerTimesOutAndIsNotAskedAgain) {
  ScriptedUpstream server({{.bytes = "", .then = Cue::Then::hang}});
  OpenAiSettings settings = settings_for(server.url());
  settings.limits.first_byte = 20ms;
  start(settings);
  EXPECT_EQ(failure(), ErrorCode::engine_timeout);
  server.await_requests(1);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(OpenAiTest, TheWholeLimitIsForAllTriesTogether) {
  ScriptedUpstream server({status(503, "Retry-After: 1\r\n"), {.bytes = "", .then = Cue::Then::hang}});
  OpenAiSettings settings = settings_for(server.url());
  settings.limits.whole = 1500ms;
  start(settings);
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(failure(), ErrorCode::engine_timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 2300ms);  // the second try has only what the first left
  server.await_requests(2);
}

TEST_F(OpenAiTest, ACallsOwnDeadlineEndsItBeforeTheWholeLimit) {
  ScriptedUpstream server({{.bytes = "", .then = Cue::Then::hang}});
  start(settings_for(server.url()));
  Prompt prompt;
  prompt.call.deadline = std::chrono::steady_clock::now() + 50ms;
  EXPECT_EQ(generate(prompt).error().code, ErrorCode::engine_timeout);
  prompt.call.deadline = std::chrono::steady_clock::now() - 1s;
  EXPECT_EQ(generate(prompt).error().code, ErrorCode::engine_timeout);
}

TEST_F(OpenAiTest, IsTriedOnceAndThenLeftAsLongAsItAskedWhereAnotherCanBeAsked) {
  ScriptedUpstream server({status(503, "Retry-After: 7\r\n"), good});
  start(settings_for(server.url()));
  Prompt prompt;
  prompt.call.last_resort = false;
  EXPECT_EQ(generate(prompt).error().code, ErrorCode::engine_busy);
  EXPECT_EQ(generate(prompt).error().retry_after, 7s);
  EXPECT_EQ(server.requests().size(), 1U);
  clock.advance(7s);
  EXPECT_TRUE(generate(prompt).has_value());
}

TEST_F(OpenAiTest, BadRepliesFailWithoutAnotherTry) {
  for (const Cue& cue :
       {status(500), status(400), status(404), status(401), status(302, "Location: http://127.0.0.1:1/\r\n"),
        Cue{.bytes = http_reply(200, "<html>raw upstream text</html>")}, Cue{.bytes = http_reply(200, "")},
        Cue{.bytes = http_reply(200, R"({"choices":[]})")},
        Cue{.bytes = "garbage\r\n\r\n", .then = Cue::Then::close}}) {
    ScriptedUpstream server({cue, good});
    start(settings_for(server.url()));
    const bool refused = cue.bytes.starts_with("HTTP/1.1 400");
    EXPECT_EQ(failure(), refused ? ErrorCode::engine_refused : ErrorCode::engine_failed) << cue.bytes;
    EXPECT_EQ(server.requests().size(), 1U) << cue.bytes;
  }
}

TEST_F(OpenAiTest, AnOversizeReplyFails) {
  ScriptedUpstream server({good});
  OpenAiSettings settings = settings_for(server.url());
  settings.limits.reply_bytes_max = good_body.size() - 1;
  start(settings);
  EXPECT_EQ(failure(), ErrorCode::engine_failed);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(OpenAiTest, AfterFiveFailuresItRestsAndThenOneRequestTries) {
  std::vector<Cue> cues(5, status(500));
  cues.push_back(good);
  ScriptedUpstream server(cues);
  start(settings_for(server.url()));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(failure(), ErrorCode::engine_failed);
  const auto resting = generate();
  EXPECT_EQ(resting.error().code, ErrorCode::engine_busy);
  EXPECT_EQ(resting.error().retry_after, 10s);
  EXPECT_EQ(server.requests().size(), 5U);
  clock.advance(10s);
  EXPECT_TRUE(generate().has_value());
  EXPECT_TRUE(generate().has_value());
  EXPECT_EQ(server.requests().size(), 7U);
}

TEST_F(OpenAiTest, NeitherRefusedRequestsNorWhatAPromptCanProvokeCountTowardsTheRest) {
  ScriptedUpstream refusing({status(400)});
  start(settings_for(refusing.url()));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(failure(), ErrorCode::engine_refused);
  EXPECT_EQ(refusing.requests().size(), 8U);
  ScriptedUpstream unreadable({{.bytes = http_reply(200, "{}")}});
  start(settings_for(unreadable.url()));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(failure(), ErrorCode::engine_failed);
  EXPECT_EQ(unreadable.requests().size(), 8U);
}

TEST_F(OpenAiTest, ARefusedKeyIsLoggedOnceAndNeverShown) {
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

TEST_F(OpenAiTest, SettingsThatCannotWorkAreRefused) {
  const auto refused = [this](const OpenAiSettings& settings) {
    const auto made = OpenAi::create(settings, client, clock);
    return made.has_error() && made.error().code == ErrorCode::invalid_input &&
           made.error().message.find("secret") == std::string::npos;
  };
  for (const std::string url : {"", "api.example", "ftp://x/v1", "file:///etc/passwd", "http://", "http:///v1",
                                "https://user:secret@host/v1", "https://user@host", "https://host/v1?x=secret",
                                "https://host/#secret", "https://host /v1", "https://host/\n"}) {
    OpenAiSettings settings = settings_for("");
    settings.base_url = url;
    EXPECT_TRUE(refused(settings)) << url;
  }
  OpenAiSettings settings = settings_for("https://host:8443");
  EXPECT_FALSE(refused(settings));
  settings.api_key = "sk-secret\r\nX: y";
  EXPECT_TRUE(refused(settings));
  settings = settings_for("http://[::1]:8080");
  EXPECT_FALSE(refused(settings));
}

async::Task<void> ask(OpenAi& engine, Prompt prompt) {
  (void)co_await engine.generate(std::move(prompt), nullptr);
}

TEST(OpenAiLifetime, CallsUnderWayMayEndAfterTheEngineAndItsClient) {
  ScriptedUpstream server({status(500), {.bytes = "", .then = Cue::Then::hang}});
  base::ManualClock clock;
  async::Loop loop("loop");
  auto client = std::make_unique<upstream::Client>(std::vector{&loop.context()});
  OpenAiSettings settings = settings_for(server.url());
  settings.rest = {.failures_in_a_row_max = 1, .duration = 0ms};
  auto engine = OpenAi::create(settings, *client, clock).value();
  const auto call = [&] { asio::co_spawn(loop.executor(), ask(*engine, {}), [](std::exception_ptr) {}); };
  call();
  server.await_requests(1);
  while (client->transfers() > 0) std::this_thread::yield();
  call();
  server.await_requests(2);
  loop.stop();
  engine.reset();
  client.reset();
}

}  // namespace
}  // namespace parley::engines
