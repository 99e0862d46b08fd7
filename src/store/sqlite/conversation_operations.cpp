#include "store/sqlite/conversation_operations.h"

#include <algorithm>
#include <limits>

#include "store/sqlite/authentication.h"
#include "text/excerpt.h"

namespace parley::store::sqlite {
namespace {

/// What a title takes of the first message.
constexpr std::size_t excerpt_bytes_max = 80;
/// Turns without a message come from /v1; a conversation that begins with more of them has no title.
constexpr std::int32_t messages_tried_max = 8;

base::Error no_such_conversation() {
  return {
      .code = base::ErrorCode::not_found, .message = "There is no such conversation.", .detail = "", .retry_after = {}};
}

/// The account that has the conversation and presents `credential`.
base::Result<base::AccountId> owner(Session& session, const Presented& credential, base::ConversationId conversation) {
  TRY(const Caller caller, authenticated(session, credential));
  TRY(const bool has, session.conversations().has(caller.account->id, conversation));
  if (!has) return no_such_conversation();
  return caller.account->id;
}

}  // namespace

base::Result<std::optional<ConversationSummary>> shown_summary(Session& session, base::ConversationId conversation) {
  TRY(auto summary, session.conversations().summary(conversation));
  if (!summary || !summary->title.empty()) return summary;
  TRY(const auto messages, session.conversations().first_messages(conversation, messages_tried_max));
  for (const std::string& message : messages) {
    summary->title = text::beginning_of(message, excerpt_bytes_max);
    if (!summary->title.empty()) break;
  }
  return summary;
}

base::Result<ConversationSummary> find_conversation(Session& session, const Presented& credential,
                                                    base::ConversationId conversation) {
  TRY_VOID(owner(session, credential, conversation));
  TRY(auto summary, shown_summary(session, conversation));
  if (!summary) return base::internal_error("a conversation that is there has no summary");
  return *std::move(summary);
}

base::Result<std::vector<TurnRecord>> read_conversation(Session& session, const Presented& credential,
                                                        base::ConversationId conversation,
                                                        std::optional<base::TurnId> before, std::int32_t count_max) {
  TRY_VOID(owner(session, credential, conversation));
  const base::TurnId below = before.value_or(base::TurnId{std::numeric_limits<std::int64_t>::max()});
  const std::int32_t count = std::clamp(count_max, 0, turns_read_max);
  return session.conversations().turns_before(conversation, below, count, turns_read_bytes_max);
}

base::Result<void> rename_conversation(Session& session, const Presented& credential, base::ConversationId conversation,
                                       std::string_view title) {
  TRY(const base::AccountId account, owner(session, credential, conversation));
  if (title.size() > title_bytes_max) {
    return base::Error{.code = base::ErrorCode::invalid_input,
                       .message = "A title can have " + std::to_string(title_bytes_max) + " bytes.",
                       .detail = "",
                       .retry_after = {}};
  }
  TRY_VOID(session.begin_write());
  return session.conversations().set_title(account, conversation, title);
}

base::Result<void> delete_conversation(Session& session, const Presented& credential,
                                       base::ConversationId conversation) {
  TRY_VOID(owner(session, credential, conversation));
  TRY_VOID(session.begin_write());
  return session.conversations().delete_conversation(conversation, session.now());
}

}  // namespace parley::store::sqlite
