#pragma once
// POST /api/chat/ and POST /api/balance/.

#include <cstdint>
#include <variant>

#include "async/task.h"
#include "chat/turns.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// Safe to use from any loop.
class ChatHandlers {
 public:
  /// `message_characters_max` counts Unicode code points.
  ChatHandlers(store::Store& store, chat::Turns& turns, std::int64_t message_characters_max)
      : store_(store), turns_(turns), message_characters_max_(message_characters_max) {}

  /// One metered turn: 200 with message and response, or as a stream of events; 401, 400, 402, 409, 410, 422, 429, 502,
  /// 503, 504.
  async::Task<http::Response> chat(const http::Request& request);

  /// What is available: 200 {"token_balance":…}; 401.
  async::Task<http::Response> balance(const http::Request& request);

 private:
  struct Asked {
    chat::TurnRequest turn = {};
    bool streamed = false;
  };

  /// What the request asks for, or its refusal. The form, which may be many times larger, is gone before the turn
  /// begins.
  async::Task<std::variant<Asked, http::Response>> read_turn(const http::Request& request);
  async::Task<http::Response> answer_whole(chat::TurnRequest turn, const http::Request& request);
  async::Task<http::Response> stream(chat::TurnRequest turn, const http::Request& request);

  store::Store& store_;
  chat::Turns& turns_;
  std::int64_t message_characters_max_;
};

}  // namespace parley::api
