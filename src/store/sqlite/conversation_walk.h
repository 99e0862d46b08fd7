#pragma once
// list_conversations() in steps. A list, and a search even more, may have to look at much; no step holds the writer up
// for longer than a few milliseconds.

#include <optional>

#include "store/sqlite/conversation_records.h"
#include "store/sqlite/session.h"
#include "store/store.h"

namespace parley::store::sqlite {

/// How many of the account's entries one walk looks at, and one step of it.
inline constexpr std::int64_t entries_walked_max = 2'000;
inline constexpr std::int64_t entries_per_step_max = 250;
/// How many turns one step counts, the last conversation apart.
inline constexpr std::int64_t turns_counted_per_step_max = 5'000;
/// How much text one walk searches, the last conversation apart, and one step of it, the last turn apart. Folding case
/// takes up to 80 µs per KiB.
inline constexpr std::size_t text_searched_max = std::size_t{2} << 20;
inline constexpr std::size_t text_per_step_max = std::size_t{64} << 10;

/// How far it has got. A value: a step may have to be taken again.
struct ConversationWalk {
  /// A conversation whose texts are being searched, newest first.
  struct Searched {
    ListedConversation listed;
    base::TurnId before;  ///< the search goes on with the turns below
  };

  explicit ConversationWalk(ConversationQuery query);

  std::optional<base::TurnId> before;
  std::size_t count_max;
  bool searches;
  std::optional<std::string> part;    ///< what is searched for, caseless; nothing where no text can have it
  std::optional<std::int64_t> below;  ///< the walk goes on with the entries of a lower sequence; nothing at its start
  std::int64_t floor = 0;             ///< the lowest sequence that it looks at
  std::size_t text_searched = 0;
  std::optional<Searched> searched;
  ConversationPage page;
  bool ended = false;  ///< the page is the answer
};

/// The walk after one more step, for who presents `credential`. `unauthenticated` as Store::authenticate().
base::Result<ConversationWalk> step_on(Session& session, const Presented& credential, ConversationWalk walk);

}  // namespace parley::store::sqlite
