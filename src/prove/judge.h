#pragma once
// Holds what the clients were told against what the database has. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "prove/journal.h"
#include "prove/rows.h"

namespace parley::prove {

struct Verdict {
  static constexpr std::size_t offences_named_max = 10;

  // What happened, for information.
  std::int64_t answered = 0;       ///< attempts with a complete answer
  std::int64_t streams_done = 0;   ///< of those, streams
  std::int64_t streams_left = 0;   ///< whose client left
  std::int64_t chats_left = 0;     ///< the same of chats that are no streams
  std::int64_t replays = 0;        ///< answers that another attempt of the same request had got before
  std::int64_t no_tokens = 0;      ///< 402
  std::int64_t in_flight = 0;      ///< 409
  std::int64_t engine_failed = 0;  ///< 502, 503, 504, `error`
  std::int64_t unexpected = 0;     ///< any other refusal, and connections that the server cut off
  std::int64_t turns = 0;
  std::int64_t charged_unanswered = 0;  ///< requests with a turn whose clients had all left: by the rules they pay

  // What must not happen.
  std::int64_t overdrafts = 0;        ///< balances below zero, in the database or told to a client
  std::int64_t double_charges = 0;    ///< turns and charges beyond the one that a request has; charges above the price
  std::int64_t lost_charges = 0;      ///< answers and turns without their charge, charges without their turn
  std::int64_t refused_charges = 0;   ///< requests with a turn that every attempt was refused
  std::int64_t unbalanced = 0;        ///< accounts where given less charged is not what there is
  std::vector<std::string> offences;  ///< the first of them, in a clause each

  bool clean() const noexcept { return overdrafts + double_charges + lost_charges + refused_charges + unbalanced == 0; }
};

/// `rows` has the journal's accounts in their order.
Verdict judge(const Journal& journal, const std::vector<AccountRows>& rows);

}  // namespace parley::prove
