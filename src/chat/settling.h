#pragma once
// From an answer to the settled turn: what whole and streamed turns have in common.

#include "async/task.h"
#include "base/error.h"
#include "chat/turn.h"
#include "engines/lineup.h"
#include "store/store.h"

namespace parley::chat {

/// `engine_failed`: an answer that says nothing costs nothing.
base::Error no_answer();

/// What answers the request, which is told its engine's name for the model and what it may write for what is held.
engines::Engine& prepare_call(const engines::Lineup& lineup, TurnRequest& request, base::Tokens held);

/// Writes turn and charge as one.
async::Task<base::Result<TurnReply>> settle(store::Store& store, store::Held held, TurnRequest& request,
                                            engines::Reply reply, std::string text,
                                            const std::vector<std::string>& chunks);

}  // namespace parley::chat
