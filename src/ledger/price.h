#pragma once
// What a turn costs.

#include "base/tokens.h"

namespace parley::ledger {

/// The same for every turn.
struct FlatPrice {
  base::Tokens per_turn;
};

}  // namespace parley::ledger
