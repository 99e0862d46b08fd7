#pragma once
// What the doomed engine says: OpenAI's chat completions, plain and streamed, most of them good.

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "async/task.h"
#include "http/handler.h"

namespace parley::prove {

/// Used by one loop at a time.
class EngineAnswers {
 public:
  /// Lives no longer than this object. Each answer is unlike any other.
  http::Handler handler();

 private:
  async::Task<http::Response> answer(const http::Request& request);
  std::string next_answer(std::string_view message);
  http::Response stream(const async::Executor& executor, const std::string& text);
  bool one_in(std::uint32_t many);

  std::minstd_rand random_{1};
  std::int64_t answers_ = 0;
};

}  // namespace parley::prove
