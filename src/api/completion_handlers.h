#pragma once
// POST /v1/chat/completions (https://platform.openai.com/docs/api-reference/chat/create).

#include <optional>
#include <string>
#include <variant>

#include "api/completion_form.h"
#include "async/task.h"
#include "base/clock.h"
#include "chat/turns.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// To an engine of the same language the request goes as it came, and so does its answer; to any other its texts go,
/// and the answer is written here. Safe to use from any loop.
class CompletionHandlers {
 public:
  CompletionHandlers(store::Store& store, chat::Turns& turns, const base::Clock& clock)
      : store_(store), turns_(turns), clock_(clock) {}

  /// One metered turn: 200 with a completion, or a stream of chunks; 400, 401, 402, 404, 409, 410, 415, 422, 429, 502,
  /// 503, 504, all in OpenAI's shape.
  async::Task<http::Response> complete(const http::Request& request);

 private:
  struct Asked;

  std::variant<Asked, http::Response> read(const http::Request& request) const;
  async::Task<http::Response> refuse(const http::Request& request, store::Presented credential, http::Response refusal);
  async::Task<http::Response> answer_whole(Asked asked, const http::Request& request);
  async::Task<http::Response> stream(Asked asked, const http::Request& request);

  store::Store& store_;
  chat::Turns& turns_;
  const base::Clock& clock_;
};

}  // namespace parley::api
