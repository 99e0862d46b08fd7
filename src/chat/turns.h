#pragma once
// One metered turn: hold, generate, settle or release. The only place that decides when an account is charged.

#include <string>
#include <variant>

#include "async/task.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/tokens.h"
#include "engines/engine.h"
#include "ledger/price.h"
#include "store/store.h"

namespace parley::chat {

struct TurnRequest {
  store::Presented credential;
  std::string message;  ///< checked by the caller: not blank, within the limit
};

struct TurnReply {
  base::TurnId turn;
  std::string response;
  base::Tokens charge;
  base::Tokens available;  ///< after the charge
};

/// A reply, or why there were not enough tokens for one.
using TurnOutcome = std::variant<TurnReply, store::Shortfall>;

struct TurnSettings {
  ledger::FlatPrice price;
  std::int32_t account_requests_max = 16;  ///< turns in flight that one account may have
};

/// Safe to use from any loop: it has no state of its own.
class Turns {
 public:
  Turns(store::Store& store, engines::Engine& engine, TurnSettings settings)
      : store_(store), engine_(engine), settings_(settings) {}

  /// Sets the price aside, has the engine answer, and writes turn and charge as one; a reply is returned only after
  /// both are on disk. In every other case nothing is charged, nothing is saved and the hold is released: the errors of
  /// Store::hold, Engine::generate and Store::settle pass through, and an empty answer is `engine_failed`.
  /// Does not notice whether its client is still there: a turn that has begun finishes.
  async::Task<base::Result<TurnOutcome>> run(TurnRequest request);

 private:
  store::Store& store_;
  engines::Engine& engine_;
  TurnSettings settings_;
};

}  // namespace parley::chat
