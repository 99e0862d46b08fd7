#pragma once
// From an answer to the settled turn: what whole and streamed turns have in common.

#include "async/task.h"
#include "base/error.h"
#include "chat/turn.h"
#include "store/store.h"

namespace parley::chat {

/// `engine_failed`: an answer that says nothing costs nothing.
base::Error no_answer();

/// Writes turn and charge as one.
async::Task<base::Result<TurnReply>> settle(store::Store& store, store::Hold hold, base::Tokens charge,
                                            TurnRequest& request, engines::Reply reply, std::string text,
                                            const std::vector<std::string>& chunks);

}  // namespace parley::chat
