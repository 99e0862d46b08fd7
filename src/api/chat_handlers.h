#pragma once
// POST /api/chat/ and POST /api/quote/.

#include <cstdint>
#include <variant>

#include "async/task.h"
#include "base/clock.h"
#include "chat/turns.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// Safe to use from any loop.
class ChatHandlers {
 public:
  /// `message_characters_max` counts Unicode code points.
  ChatHandlers(store::Store& store, chat::Turns& turns, const base::Clock& clock, std::int64_t message_characters_max)
      : store_(store), turns_(turns), clock_(clock), message_characters_max_(message_characters_max) {}

  /// One metered turn: 200 with message and response, or as a stream of events; 401, 400, 402, 404, 409, 410, 422, 429,
  /// 502, 503, 504.
  async::Task<http::Response> chat(const http::Request& request);

  /// What a message would hold and at least cost, free of charge: 200 {"model","hold","charge_min",
  /// "input_model_tokens","output_model_tokens_max","affordable"}; 401, 400, 404.
  async::Task<http::Response> quote(const http::Request& request);

 private:
  struct Asked {
    chat::TurnRequest turn = {};
    bool streamed = false;
    bool model_is_unknown = false;
  };

  /// What the request asks for, or its refusal. The form, which may be many times larger, is gone before the turn
  /// begins.
  async::Task<std::variant<Asked, http::Response>> read_turn(const http::Request& request);
  async::Task<http::Response> refuse_model(Asked asked, const http::Request& request);
  async::Task<http::Response> answer_whole(chat::TurnRequest turn, const http::Request& request);
  async::Task<http::Response> stream(chat::TurnRequest turn, const http::Request& request);

  store::Store& store_;
  chat::Turns& turns_;
  const base::Clock& clock_;
  std::int64_t message_characters_max_;
};

}  // namespace parley::api
