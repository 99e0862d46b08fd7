#pragma once
// All that a store holds, by value, so that two of them can be compared: what it should hold, kept in plain sums, and
// what it does hold, read back through its contract.

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "store/store_fixture.h"

namespace parley::store::proof {

struct LineSeen {
  std::int64_t amount = 0;
  std::int64_t balance_after = 0;
  bool with_key = false;
  bool operator==(const LineSeen&) const = default;
};

struct KeySeen {
  std::string name;
  std::int64_t spent = 0;
  bool operator==(const KeySeen&) const = default;
};

struct ConversationSeen {
  std::string title;  ///< empty: not given one
  std::vector<std::string> messages;
  bool operator==(const ConversationSeen&) const = default;
};

struct AccountSeen {
  std::int64_t posted = 0;
  bool disabled = false;
  std::optional<std::int64_t> daily_limit;
  std::optional<std::uint64_t> login;  ///< which secret is its login token
  // Oldest first; only of accounts that have a login, without which nobody can ask.
  std::vector<LineSeen> lines;
  std::vector<KeySeen> keys;
  std::vector<ConversationSeen> conversations;
  bool operator==(const AccountSeen&) const = default;

  void post(std::int64_t amount, bool with_key = false) {
    posted += amount;
    lines.push_back({.amount = amount, .balance_after = posted, .with_key = with_key});
  }
};

/// Accounts by username.
using Picture = std::map<std::string, AccountSeen>;

std::ostream& operator<<(std::ostream& out, const Picture& picture);

/// Reads everything back. Login tokens are looked for among secret(1) to secret(secrets).
Picture picture_of(Asking& asking, Store& store, std::uint64_t secrets);

/// Without what picture_of() can't see: of an account that has no login.
Picture visible(Picture picture);

}  // namespace parley::store::proof
