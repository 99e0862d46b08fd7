#pragma once
// Ids are distinct types, so that an account's can't be passed where a turn's is meant.

#include <compare>
#include <cstdint>
#include <functional>

namespace parley::base {

template <class Tag>
struct Id {
  std::int64_t value = 0;
  friend constexpr auto operator<=>(Id, Id) = default;
};

/// Random, 63 bits, never 0.
using AccountId = Id<struct AccountTag>;
/// Rising from 1 in the order of commits, over all accounts.
using EntryId = Id<struct EntryTag>;
/// A turn's id is its charge's entry.
using TurnId = Id<struct TurnTag>;
/// A conversation's id is its first turn's.
using ConversationId = Id<struct ConversationTag>;
/// Of an API key, rising from 1, over all accounts.
using KeyId = Id<struct KeyTag>;
/// Lives in memory only, rising from 1 at each start.
using HoldId = Id<struct HoldTag>;

}  // namespace parley::base

template <class Tag>
struct std::hash<parley::base::Id<Tag>> {
  std::size_t operator()(parley::base::Id<Tag> id) const noexcept { return std::hash<std::int64_t>()(id.value); }
};
