#pragma once
// What the clients asked for and what they were told, written down as they heard it. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::prove {

/// How an attempt at a chat ended for its client.
enum class Outcome : std::uint8_t {
  answered,       ///< with the complete answer
  left,           ///< the client left before that
  no_tokens,      ///< 402
  in_flight,      ///< 409: another attempt with the same idempotency key was
  engine_failed,  ///< 502, 503, 504, or the event `error`: nothing is charged
  refused,        ///< any other status
  cut_off,        ///< the connection ended before the answer did, and not by the client
};

/// One chat that a client wants, once. With an idempotency key it may be attempted by many clients, many times.
struct Request {
  std::uint32_t account = 0;
  bool keyed = false;
  bool streamed = false;
};

struct Attempt {
  std::uint32_t request = 0;  ///< its index
  Outcome outcome = Outcome::cut_off;
  std::string response = {};  ///< of an answer
  std::int64_t turn = 0;      ///< where the answer named it
};

/// What is known of an account outside the server.
struct Account {
  std::int64_t given = 0;                                     ///< opening balance and credits, in tokens
  std::int64_t balance_min = 0;                               ///< the lowest that a client was ever told
  std::optional<std::int64_t> balance_at_end = std::nullopt;  ///< as the server told it once all was quiet
};

struct Journal {
  std::int64_t price = 0;  ///< of one chat
  std::vector<Account> accounts;
  std::vector<Request> requests;
  std::vector<Attempt> attempts;
};

/// A request's message names it, so that its turn can be told in the database.
std::string message_of(std::uint32_t request);
std::optional<std::uint32_t> request_of(std::string_view message);

}  // namespace parley::prove
