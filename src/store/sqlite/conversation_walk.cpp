#include "store/sqlite/conversation_walk.h"

#include <algorithm>

#include "store/sqlite/authentication.h"
#include "store/sqlite/conversation_operations.h"
#include "text/caseless.h"

namespace parley::store::sqlite {
namespace {

bool has_part(std::string_view text, const std::string& part) {
  const auto folded = text::caseless(text);
  return folded && text::contains(*folded, part);
}

/// One step of a walk.
class Step {
 public:
  Step(Session& session, const Account& account, ConversationWalk& walk)
      : session_(session), account_(account), walk_(walk) {}

  base::Result<void> run() {
    if (!walk_.below) TRY_VOID(start());
    const std::int64_t floor = std::max(walk_.floor, *walk_.below - entries_per_step_max);
    while (!walk_.ended && text_ < text_per_step_max && counted_ < turns_counted_per_step_max) {
      if (walk_.searched) {
        TRY_VOID(search());
      } else if (*walk_.below <= walk_.floor || walk_.text_searched >= text_searched_max) {
        TRY_VOID(end());
      } else if (*walk_.below <= floor) {
        break;
      } else {
        TRY_VOID(go_on(floor));
      }
    }
    return {};
  }

 private:
  /// An account's ids rise with its sequences, which have no gaps: the first entry that is not below `before` is found
  /// by halving.
  base::Result<void> start() {
    std::int64_t first = 1;
    std::int64_t end = account_.state.head.sequence + 1;
    if (!walk_.before) first = end;
    while (first < end) {
      const std::int64_t middle = first + (end - first) / 2;
      TRY(const std::int64_t id, session_.conversations().entry_id(account_.id, middle));
      if (id < walk_.before->value) {
        first = middle + 1;
      } else {
        end = middle;
      }
    }
    walk_.below = first;
    walk_.floor = std::max<std::int64_t>(1, first - entries_walked_max);
    return {};
  }

  /// Whatever is at or above `below` was looked at.
  base::Result<void> end() {
    walk_.ended = true;
    if (*walk_.below <= 1) return {};
    TRY(const std::int64_t id, session_.conversations().entry_id(account_.id, *walk_.below));
    walk_.page.next = base::TurnId{id};
    return {};
  }

  base::Result<void> go_on(std::int64_t floor) {
    TRY(const auto listed, session_.conversations().newest_within(account_.id, floor, *walk_.below));
    walk_.below = listed ? listed->sequence : floor;
    if (!listed) return {};
    if (!walk_.searches) return add(*listed);
    if (!walk_.part) return {};
    TRY(const std::string title, session_.conversations().title(listed->conversation));
    if (has_part(title, *walk_.part)) return add(*listed);
    walk_.searched = {.listed = *listed, .before = {listed->last_turn.value + 1}};
    return {};
  }

  base::Result<void> search() {
    auto& [listed, before] = *walk_.searched;
    TRY(const auto turns,
        session_.conversations().turns_before(listed.conversation, before, turns_read_max, text_per_step_max - text_));
    for (const TurnRecord& turn : turns) {
      const std::size_t bytes = turn.message.size() + turn.response.size();
      text_ += bytes + text_per_step_max / turns_read_max;
      walk_.text_searched += bytes;
      if (!has_part(turn.message, *walk_.part) && !has_part(turn.response, *walk_.part)) continue;
      const ListedConversation found = listed;
      walk_.searched.reset();
      return add(found);
    }
    if (turns.empty()) {
      walk_.searched.reset();
    } else {
      before = turns.back().turn;
    }
    return {};
  }

  /// Where the conversation went on or was deleted since an earlier step, its place is no longer here. One more than
  /// fits says that there is a next page.
  base::Result<void> add(const ListedConversation& listed) {
    TRY(auto summary, shown_summary(session_, listed.conversation));
    if (!summary || summary->last_turn != listed.last_turn) return {};
    counted_ += summary->turns;
    auto& conversations = walk_.page.conversations;
    if (conversations.size() < walk_.count_max) {
      conversations.push_back(*std::move(summary));
      return {};
    }
    walk_.ended = true;
    walk_.page.next = conversations.back().last_turn;
    return {};
  }

  Session& session_;
  const Account& account_;
  ConversationWalk& walk_;
  std::size_t text_ = 0;  ///< searched in this step, with something on top for each turn
  std::int64_t counted_ = 0;
};

}  // namespace

ConversationWalk::ConversationWalk(ConversationQuery query)
    : before(query.before),
      count_max(static_cast<std::size_t>(std::clamp(query.count_max, 1, conversations_listed_max))),
      searches(!query.text.empty()),
      part(text::caseless(query.text)) {}

base::Result<ConversationWalk> step_on(Session& session, const Presented& credential, ConversationWalk walk) {
  TRY(const Caller caller, authenticated(session, credential));
  TRY_VOID(Step(session, *caller.account, walk).run());
  return walk;
}

}  // namespace parley::store::sqlite
