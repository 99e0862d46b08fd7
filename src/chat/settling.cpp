#include "chat/settling.h"

#include <utility>

namespace parley::chat {

base::Error no_answer() {
  return {.code = base::ErrorCode::engine_failed, .message = "The AI gave no answer.", .detail = "empty reply"};
}

async::Task<base::Result<TurnReply>> settle(store::Store& store, store::Hold hold, base::Tokens charge,
                                            TurnRequest& request, engines::Reply reply, std::string text,
                                            const std::vector<std::string>& chunks) {
  store::Settlement settlement{
      .charge = charge, .message = std::move(request.message), .response = text, .finish_reason = reply.finish_reason};
  if (request.idempotency && request.keep_answer) {
    settlement.answer = request.keep_answer({.reply = reply, .text = text, .chunks = chunks});
  }
  CO_TRY(const store::Settled settled, co_await store.settle(std::move(hold), std::move(settlement)));
  co_return TurnReply{.turn = settled.turn,
                      .response = std::move(text),
                      .charge = charge,
                      .available = settled.balance.available(),
                      .reply = std::move(reply)};
}

}  // namespace parley::chat
