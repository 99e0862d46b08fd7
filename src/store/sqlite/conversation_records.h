#pragma once
// The rows of conversations: every statement about them that the writer runs, prepared once.

#include <optional>
#include <vector>

#include "store/sqlite/statement.h"
#include "store/store.h"

namespace parley::store::sqlite {

/// A conversation at its place in its account's list: that of its last turn.
struct ListedConversation {
  base::ConversationId conversation;
  base::TurnId last_turn;
  std::int64_t sequence = 0;  ///< of the last turn's entry
};

/// Reads and writes; knows no rules. The texts of a conversation are there or deleted together, so that its first turn
/// tells. Writes belong in a transaction that the caller began.
class ConversationRecords {
 public:
  static base::Result<ConversationRecords> prepare(Connection& connection);

  /// Whether the account has this conversation, with its texts.
  base::Result<bool> has(base::AccountId account, base::ConversationId conversation);
  /// As Store::find_conversation(), with the title as it was set; nothing where its texts were deleted. Steps through
  /// the index of its turns.
  base::Result<std::optional<ConversationSummary>> summary(base::ConversationId conversation);
  /// The title as it was set, else empty.
  base::Result<std::string> title(base::ConversationId conversation);
  /// The messages of its first turns, oldest first.
  base::Result<std::vector<std::string>> first_messages(base::ConversationId conversation, std::int32_t count_max);
  /// The turns below `before`, newest first. Ends before the turn whose texts would go beyond `bytes_max`, but for the
  /// first one.
  base::Result<std::vector<TurnRecord>> turns_before(base::ConversationId conversation, base::TurnId before,
                                                     std::int32_t count_max, std::size_t bytes_max);
  /// Of the account's conversations with texts whose last turn's entry has a sequence of at least `from` and below
  /// `below`: the newest. Looks at no other entry than those.
  base::Result<std::optional<ListedConversation>> newest_within(base::AccountId account, std::int64_t from,
                                                                std::int64_t below);
  /// The id of the account's entry with this sequence, 0 where there is none.
  base::Result<std::int64_t> entry_id(base::AccountId account, std::int64_t sequence);

  /// Empty: none.
  base::Result<void> set_title(base::AccountId account, base::ConversationId conversation, std::string_view title);
  /// Deletes the texts of its turns, what answers to idempotency keys say of them, and the title.
  base::Result<void> delete_conversation(base::ConversationId conversation, base::Timestamp deleted);

 private:
  explicit ConversationRecords(std::vector<Statement> statements) : statements_(std::move(statements)) {}

  std::vector<Statement> statements_;
};

}  // namespace parley::store::sqlite
