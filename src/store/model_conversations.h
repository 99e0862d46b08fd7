#pragma once
// An account's conversations, as the model has them.

#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <map>
#include <ranges>

#include "store/store_fixture.h"

namespace parley::store {

class ModelConversations {
 public:
  /// Whether it is there, with its texts.
  bool has(base::ConversationId conversation) const {
    const auto found = turns_.find(conversation);
    return found != turns_.end() && !found->second.empty();
  }
  /// Those that were deleted too.
  void append_ids(std::vector<base::ConversationId>& ids) const {
    for (const auto& [id, turns] : turns_) ids.push_back(id);
  }

  /// Says what the turn's conversation is.
  base::ConversationId settle(base::TurnId turn, std::optional<base::ConversationId> conversation) {
    const base::ConversationId id =
        conversation && has(*conversation) ? *conversation : base::ConversationId{turn.value};
    turns_[id].push_back(turn);
    return id;
  }
  void erase(base::ConversationId conversation) { turns_.at(conversation).clear(); }
  void erase_all() { turns_.clear(); }

  /// Holds all pages of the list, of two conversations each, and the turns of each against this.
  void compare(Asking& asking, Store& store, const Presented& credential) const {
    std::map<base::TurnId, base::ConversationId, std::greater<>> expected;
    for (const auto& [id, turns] : turns_) {
      if (!turns.empty()) expected[turns.back()] = id;
    }
    auto next = expected.begin();
    ConversationQuery query{.count_max = 2};
    do {
      const auto page = asking.ask(store.list_conversations(credential, query)).value();
      for (const ConversationSummary& summary : page.conversations) {
        RC_ASSERT(next != expected.end());
        RC_ASSERT(summary.last_turn == next->first);
        RC_ASSERT(summary.conversation == next->second);
        compare(asking, store, credential, summary);
        ++next;
      }
      query.before = page.next;
    } while (query.before);
    RC_ASSERT(next == expected.end());
  }

 private:
  void compare(Asking& asking, Store& store, const Presented& credential, const ConversationSummary& summary) const {
    const auto turns =
        asking.ask(store.read_conversation(credential, summary.conversation, std::nullopt, turns_read_max)).value();
    const auto& expected = turns_.at(summary.conversation);
    RC_ASSERT(summary.turns == static_cast<std::int64_t>(expected.size()));
    RC_ASSERT(std::ranges::equal(turns, std::views::reverse(expected), {}, &TurnRecord::turn));
  }

  std::map<base::ConversationId, std::vector<base::TurnId>> turns_;  ///< oldest first; none once they were deleted
};

}  // namespace parley::store
