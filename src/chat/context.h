#pragma once
// What a model is given of a conversation.

#include <string>

#include "async/task.h"
#include "base/error.h"
#include "base/ids.h"
#include "catalog/catalog.h"
#include "engines/engine.h"
#include "store/store.h"

namespace parley::chat {

/// The turns of the conversation, as many of the newest as the model's context has room for beside `message` and its
/// answer, and then `message`. Turns are taken whole, and the first that doesn't fit ends it. The errors of
/// Store::read_conversation.
async::Task<base::Result<engines::Prompt>> prompt_in_conversation(store::Store& store, store::Presented credential,
                                                                  base::ConversationId conversation,
                                                                  std::string message, const catalog::Model& model);

/// What Parley knows of a prompt's size.
catalog::PromptSize size_of(const engines::Prompt& prompt) noexcept;

}  // namespace parley::chat
