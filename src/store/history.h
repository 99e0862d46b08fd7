#pragma once
// What is kept of turns, and the conversations that they make.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/tokens.h"

namespace parley::store {

/// What the turn's model worked, in model tokens.
struct TurnUsage {
  std::int64_t input_model_tokens = 0;
  std::int64_t output_model_tokens = 0;
};

/// A turn as its conversation shows it.
struct TurnRecord {
  base::TurnId turn;
  base::Timestamp time;
  base::Tokens charge;
  std::string message;
  std::string response;
  std::string finish_reason;
  std::string model;  ///< empty where it was not recorded
  std::optional<TurnUsage> usage = std::nullopt;
};

struct ConversationSummary {
  base::ConversationId conversation;
  std::string title;  ///< as it was set, else the beginning of the first message whose text is there
  base::Timestamp created;
  base::Timestamp updated;  ///< the time of its last turn
  std::int64_t turns = 0;   ///< whose texts are there
  base::TurnId last_turn;   ///< where the list goes on: ConversationQuery::before
};

struct ConversationQuery {
  std::optional<base::TurnId> before = std::nullopt;  ///< only those whose last turn is below; nothing: from the newest
  std::string text = {};  ///< only those with it in title, message or response, in any case (Unicode); empty: all
  std::int32_t count_max = 50;
};

struct ConversationPage {
  std::vector<ConversationSummary> conversations;  ///< by last turn, newest first
  /// Where to go on; nothing at the end. A search looks at a bounded number of turns, so that a page may be short, or
  /// empty, and yet have a next one.
  std::optional<base::TurnId> next = std::nullopt;
};

/// How many conversations one answer of list_conversations() has at most, and how many turns one of
/// read_conversation().
inline constexpr std::int32_t conversations_listed_max = 200;
inline constexpr std::int32_t turns_read_max = 200;
/// Text of the turns that one answer of read_conversation() has at most, the first turn apart, which always fits.
inline constexpr std::size_t turns_read_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t title_bytes_max = 1'000;

}  // namespace parley::store
