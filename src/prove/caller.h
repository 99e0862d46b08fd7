#pragma once
// The server's API as a client uses it: sends a request, and says what came of it.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "async/task.h"
#include "base/error.h"
#include "prove/journal.h"
#include "upstream/client.h"

namespace parley::prove {

struct Chat {
  std::string token;
  std::string message;
  std::string idempotency_key = {};  ///< empty: none
  bool streamed = false;
  // Where the client leaves, if it does.
  std::optional<int> leave_at_event = std::nullopt;                     ///< of a stream, from 1
  std::optional<std::chrono::milliseconds> leave_after = std::nullopt;  ///< from the request
};

/// What the client was told.
struct Heard {
  Outcome outcome = Outcome::cut_off;
  std::string response = {};
  std::int64_t turn = 0;  ///< where it was named
};

/// For coroutines on the loop of its client, which outlives it.
class Caller {
 public:
  Caller(upstream::Client& client, std::string url, std::string operator_socket)
      : client_(client), url_(std::move(url)), operator_socket_(std::move(operator_socket)) {}

  async::Task<Heard> chat(Chat chat);
  /// Nothing where the server did not say.
  async::Task<std::optional<std::int64_t>> balance(std::string token);
  /// Registers, logs in and returns the login token.
  async::Task<base::Result<std::string>> join(std::string username);
  /// As the operator; whether the server said that it was done.
  async::Task<bool> credit(std::string username, std::int64_t tokens);

 private:
  upstream::Request request(std::string_view path, std::string body) const;

  upstream::Client& client_;
  std::string url_;
  std::string operator_socket_;
};

}  // namespace parley::prove
