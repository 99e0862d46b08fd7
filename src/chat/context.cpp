#include "chat/context.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace parley::chat {
namespace {

using engines::Message;
using engines::Role;

constexpr std::int32_t turns_at_once = 50;

std::int64_t size_of_turn(const store::TurnRecord& turn) noexcept {
  return catalog::estimate_of({.bytes = turn.message.size() + turn.response.size(), .messages = 2}, 0);
}

/// Room for earlier turns, in model tokens: the answer has at most half of the context to itself.
std::int64_t room_beside(const std::string& message, const catalog::Model& model) noexcept {
  const std::int64_t half = model.context_max / 2;
  const std::int64_t answer = std::min(model.output_max.value_or(half), half);
  return model.context_max - answer - catalog::estimate_of({.bytes = message.size(), .messages = 1}, 0);
}

}  // namespace

async::Task<base::Result<engines::Prompt>> prompt_in_conversation(store::Store& store, store::Presented credential,
                                                                  base::ConversationId conversation,
                                                                  std::string message, const catalog::Model& model) {
  std::int64_t room = room_beside(message, model);
  std::vector<Message> newest_first;
  newest_first.push_back({.role = Role::user, .text = std::move(message)});
  std::optional<base::TurnId> before;
  for (bool more = true; more;) {
    auto read = co_await store.read_conversation(credential, conversation, before, turns_at_once);
    if (read.has_error()) co_return std::move(read).error();
    more = !read->empty();
    for (store::TurnRecord& turn : *read) {
      before = turn.turn;
      if (turn.message.empty() || turn.response.empty()) continue;
      room -= size_of_turn(turn);
      if (room < 0) {
        more = false;
        break;
      }
      newest_first.push_back({.role = Role::assistant, .text = std::move(turn.response)});
      newest_first.push_back({.role = Role::user, .text = std::move(turn.message)});
    }
  }
  std::ranges::reverse(newest_first);
  co_return engines::Prompt{.messages = std::move(newest_first)};
}

catalog::PromptSize size_of(const engines::Prompt& prompt) noexcept {
  catalog::PromptSize size{.messages = prompt.messages.size()};
  for (const Message& message : prompt.messages) size.bytes += message.text.size();
  return size;
}

}  // namespace parley::chat
