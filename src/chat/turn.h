#pragma once
// What a turn is asked for and what comes of it.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "async/channel.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/tokens.h"
#include "catalog/catalog.h"
#include "chat/terms.h"
#include "engines/engine.h"
#include "store/store.h"

namespace parley::chat {

/// A complete answer that is not saved yet.
struct Answer {
  const engines::Reply& reply;
  std::string_view text;
  const std::vector<std::string>& chunks;  ///< of a relayed stream: the data of its events before Reply::closing
};

struct TurnRequest {
  store::Presented credential;
  std::string message;                    ///< the user's, as it is saved; checked by the caller
  const catalog::Model* model = nullptr;  ///< of the turns' catalog; null: its standard one
  /// The conversation to go on with; its turns go to the engine before the message. Nothing: the turn begins one.
  std::optional<base::ConversationId> conversation = std::nullopt;
  engines::Prompt prompt = {};  ///< what the engine is asked; empty: the message alone, or in its conversation
  std::optional<engines::RelayedRequest> relayed = std::nullopt;  ///< asked in place of the prompt
  Work work = {};                                                 ///< of what is relayed; else it is found here
  std::optional<store::Idempotency> idempotency = std::nullopt;
  /// What store::Replay::answer shall be. Asked where there is an idempotency key.
  std::function<std::string(const Answer&)> keep_answer = nullptr;
};

struct TurnReply {
  base::TurnId turn;
  base::ConversationId conversation;
  std::string response;
  base::Tokens charge;
  base::Tokens available;  ///< after the charge
  engines::Reply reply;    ///< the engine's, without the text
};

/// What a turn would set aside and cost, were it asked for now.
struct Quote {
  const catalog::Model* model = nullptr;
  base::Tokens hold;                                      ///< as much as can be had, up to the most that it can cost
  base::Tokens charge_min;                                ///< it costs at least this
  std::int64_t input_model_tokens = 0;                    ///< an estimate, rather too high
  std::optional<std::int64_t> output_max = std::nullopt;  ///< in model tokens, for that hold
  bool affordable = false;
};

/// A reply; why there were not enough tokens for one; or the reply that its idempotency key had before.
using TurnOutcome = std::variant<TurnReply, store::Shortfall, store::Replay>;

/// The engine has begun to answer.
struct Opened {};
/// More of the answer: text, or of a relayed stream one event's data as it came.
struct Delta {
  std::string text;
};
/// The turn is saved and charged; the last event.
struct Finished {
  TurnReply reply;
};
/// Nothing was saved and nothing charged; the last event.
struct Failed {
  base::Error error;
};

using TurnEvent = std::variant<Opened, Delta, Finished, Failed>;
using TurnEvents = async::ChannelReader<TurnEvent>;

/// The events of a turn under way. Who destroys them leaves the turn to itself.
using StreamOutcome = std::variant<TurnEvents, store::Shortfall, store::Replay>;

}  // namespace parley::chat
