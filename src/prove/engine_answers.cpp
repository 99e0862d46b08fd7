#include "prove/engine_answers.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "http/event_stream.h"
#include "json/parse.h"
#include "json/write.h"

namespace parley::prove {
namespace {

namespace asio = async::asio;
using std::chrono::milliseconds;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                         async::Executor>;

/// One of so many goes wrong, in each of three ways.
constexpr std::uint32_t wrong_one_in = 40;
constexpr std::uint32_t pause_ms_max = 3;

/// The events of a reply, and where it is.
struct Play {
  explicit Play(const async::Executor& executor) : timer(executor) {}

  struct Event {
    std::string bytes;
    milliseconds before{0};
  };

  std::vector<Event> events;
  bool cut = false;  ///< after the last of them
  std::size_t next = 0;
  std::string ready;  ///< to be sent
  std::function<void()> wake;
  Timer timer;
};

void play_on(const std::shared_ptr<Play>& play) {
  if (play->next == play->events.size()) return;
  play->timer.expires_after(play->events[play->next].before);
  // The stream may be gone before what has expired is told.
  play->timer.async_wait([weak = std::weak_ptr(play)](const boost::system::error_code& stopped) {
    const auto still = weak.lock();
    if (stopped || !still) return;
    still->ready += still->events[still->next++].bytes;
    play_on(still);
    still->wake();
  });
}

class PlayedStream final : public http::ResponseStream {
 public:
  explicit PlayedStream(std::shared_ptr<Play> play) : play_(std::move(play)) {}

  void start(std::function<void()> wake) override {
    play_->wake = std::move(wake);
    play_on(play_);
  }
  std::optional<http::Response> head() override { return http::event_stream_head(); }
  std::string take() override { return std::exchange(play_->ready, {}); }
  bool ended() const noexcept override { return played() && !play_->cut; }
  bool broken() const noexcept override { return played() && play_->cut; }
  void stalled(bool) override {}
  void stopping() override {}
  void keep_alive() override {}

 private:
  bool played() const noexcept { return play_->next == play_->events.size() && play_->ready.empty(); }

  std::shared_ptr<Play> play_;
};

std::string event_of(std::string_view data) {
  std::string event;
  http::append_event(event, "", data);
  return event;
}

/// A chunk of a streamed completion; a finish reason where there is no text.
std::string chunk_event(std::string_view text) {
  std::string delta;
  if (text.empty()) {
    delta = R"({"index":0,"delta":{},"finish_reason":"stop"})";
  } else {
    std::string content;
    json::ObjectWriter(content).string("content", text).end();
    json::ObjectWriter(delta).integer("index", 0).raw("delta", content).null("finish_reason").end();
  }
  std::string chunk;
  json::ObjectWriter(chunk).string("object", "chat.completion.chunk").raw("choices", "[" + delta + "]").end();
  return event_of(chunk);
}

std::string completion_of(std::string_view text) {
  std::string message;
  json::ObjectWriter(message).string("role", "assistant").string("content", text).end();
  std::string choice;
  json::ObjectWriter(choice).integer("index", 0).raw("message", message).string("finish_reason", "stop").end();
  std::string body;
  json::ObjectWriter(body).string("object", "chat.completion").raw("choices", "[" + choice + "]").end();
  return body;
}

struct Asked {
  std::string message;
  bool stream = false;
};

std::optional<Asked> read(const http::Request& request) {
  const auto parsed = json::parse(request.body);
  if (parsed.has_error() || !parsed->root.is_object()) return std::nullopt;
  const auto& body = parsed->root.as_object();
  const auto* messages = body.if_contains("messages");
  if (messages == nullptr || !messages->is_array() || messages->as_array().empty()) return std::nullopt;
  const auto* last = messages->as_array().back().if_object();
  const auto* content = last == nullptr ? nullptr : last->if_contains("content");
  if (content == nullptr || !content->is_string()) return std::nullopt;
  const auto* stream = body.if_contains("stream");
  return Asked{.message = std::string(content->get_string()),
               .stream = stream != nullptr && stream->is_bool() && stream->get_bool()};
}

}  // namespace

http::Handler EngineAnswers::handler() {
  return [this](const http::Request& request) { return answer(request); };
}

async::Task<http::Response> EngineAnswers::answer(const http::Request& request) {
  const async::Executor executor = co_await asio::this_coro::executor;
  const auto asked = read(request);
  http::Response response;
  response.status = 400;
  if (!asked) co_return response;
  response.status = 500;
  if (one_in(wrong_one_in)) co_return response;
  const std::string text = next_answer(asked->message);
  if (asked->stream) co_return stream(executor, text);

  Timer pause(executor);
  pause.expires_after(milliseconds(random_() % (pause_ms_max + 1)));
  co_await pause.async_wait(asio::as_tuple(async::use_task));
  response.status = 200;
  response.body = one_in(wrong_one_in) ? "This is no JSON." : completion_of(text);
  co_return response;
}

std::string EngineAnswers::next_answer(std::string_view message) {
  return "Answer " + std::to_string(++answers_) + " to '" + std::string(message) + "'";
}

/// One word with each event.
http::Response EngineAnswers::stream(const async::Executor& executor, const std::string& text) {
  auto play = std::make_shared<Play>(executor);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size() - 1) + 1;
    const milliseconds before(random_() % (pause_ms_max + 1));
    play->events.push_back({.bytes = chunk_event(text.substr(begin, end - begin)), .before = before});
    begin = end;
  }
  play->events.push_back({.bytes = chunk_event("") + event_of("[DONE]")});
  if (one_in(wrong_one_in)) {
    play->cut = true;
    play->events.resize(1 + random_() % (play->events.size() - 1));
  } else if (one_in(wrong_one_in)) {
    play->events.back().bytes = event_of("This is no JSON.");
  }
  http::Response response = http::event_stream_head();
  response.stream = std::make_unique<PlayedStream>(std::move(play));
  return response;
}

bool EngineAnswers::one_in(std::uint32_t many) {
  return random_() % many == 0;
}

}  // namespace parley::prove
