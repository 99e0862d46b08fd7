#pragma once
// What the model knows of an account, in sums so plain that they can be seen to be right.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/model_conversations.h"
#include "store/store_fixture.h"

namespace parley::store {

struct ModelKey {
  base::KeyId id;
  std::uint64_t secret = 0;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> daily_limit;
  std::optional<base::Timestamp> expires;
  std::int64_t spent = 0;
  std::int64_t held = 0;
};

/// A settled turn with an idempotency key.
struct ModelRecord {
  std::uint64_t fingerprint = 0;
  base::Timestamp settled;
  base::TurnId turn;
  base::ConversationId conversation;
  std::int64_t charge = 0;
  std::int64_t available = 0;
};

struct ModelCharge {
  std::int64_t day = 0;
  std::optional<base::KeyId> key;
  std::int64_t charge = 0;
};

struct ModelAccount {
  base::AccountId id;
  std::int64_t posted = 0;
  std::int64_t held = 0;
  int holds = 0;
  bool disabled = false;
  bool deleted = false;
  std::uint64_t password = 1;
  std::uint64_t token = 0;  ///< 0 for none
  std::vector<ModelKey> keys = {};
  std::optional<std::int64_t> daily_limit = {};
  std::vector<ModelCharge> charges = {};
  std::vector<std::optional<base::KeyId>> entries = {};  ///< the key of each, oldest first
  std::map<std::string, std::uint64_t> in_flight = {};   ///< fingerprints by idempotency key
  std::map<std::string, ModelRecord> records = {};       ///< by idempotency key
  ModelConversations conversations = {};

  /// In all; with a key: what was charged with it.
  std::int64_t spent_on(std::int64_t day, std::optional<base::KeyId> key) const {
    std::int64_t spent = 0;
    for (const ModelCharge& each : charges) spent += each.day == day && (!key || each.key == key) ? each.charge : 0;
    return spent;
  }

  /// The limits on who presents this key, or the login, with what they leave today.
  std::vector<Allowance> limits(const ModelKey* key, std::int64_t today) const {
    std::vector<Allowance> limits;
    const base::Timestamp tomorrow{std::chrono::days(today + 1)};
    if (key != nullptr && key->limit) {
      limits.push_back({SpendingLimit::key, balance_of(*key->limit - key->spent, key->held)});
    }
    if (key != nullptr && key->daily_limit) {
      const std::int64_t spent = spent_on(today, key->id);
      limits.push_back({SpendingLimit::key_daily, balance_of(*key->daily_limit - spent, key->held), tomorrow});
    }
    if (daily_limit) {
      const std::int64_t spent = spent_on(today, std::nullopt);
      limits.push_back({SpendingLimit::account_daily, balance_of(*daily_limit - spent, held), tomorrow});
    }
    return limits;
  }

  ModelKey* key(std::optional<base::KeyId> wanted) {
    const auto found = std::ranges::find_if(keys, [&](const ModelKey& key) { return key.id == wanted; });
    return found != keys.end() ? &*found : nullptr;
  }
};

}  // namespace parley::store
