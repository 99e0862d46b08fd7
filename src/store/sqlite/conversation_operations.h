#pragma once
// Operations on conversations, as the writer runs them. Each keeps Store's contract for the operation of its name, and
// may be run again after its round was undone. Listing, which may take long, is in conversation_walk.h.

#include "store/sqlite/session.h"
#include "store/store.h"

namespace parley::store::sqlite {

base::Result<ConversationSummary> find_conversation(Session& session, const Presented& credential,
                                                    base::ConversationId conversation);
base::Result<std::vector<TurnRecord>> read_conversation(Session& session, const Presented& credential,
                                                        base::ConversationId conversation,
                                                        std::optional<base::TurnId> before, std::int32_t count_max);
base::Result<void> rename_conversation(Session& session, const Presented& credential, base::ConversationId conversation,
                                       std::string_view title);
base::Result<void> delete_conversation(Session& session, const Presented& credential,
                                       base::ConversationId conversation);

/// As ConversationRecords::summary(), with the title that is shown.
base::Result<std::optional<ConversationSummary>> shown_summary(Session& session, base::ConversationId conversation);

}  // namespace parley::store::sqlite
