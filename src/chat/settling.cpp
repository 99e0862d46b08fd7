#include "chat/settling.h"

#include <utility>

namespace parley::chat {

base::Error no_answer() {
  return {.code = base::ErrorCode::engine_failed, .message = "The AI gave no answer.", .detail = "empty reply"};
}

engines::Engine& prepare_call(const engines::Lineup& lineup, TurnRequest& request, base::Tokens held) {
  const engines::Server& server = lineup.server_of(*request.model);
  engines::Call& call = request.relayed ? request.relayed->call : request.prompt.call;
  call.model = server.upstream_model;
  call.output_max = output_limit(*request.model, request.work, held);
  if (request.relayed) request.relayed->passes = request.model->passes;
  return *server.engine;
}

async::Task<base::Result<TurnReply>> settle(store::Store& store, store::Held held, TurnRequest& request,
                                            engines::Reply reply, std::string text,
                                            const std::vector<std::string>& chunks) {
  const catalog::Usage usage = usage_that_counts(request.work, reply.usage, text.size());
  const base::Tokens charge = charge_for_turn(*request.model, usage, held.amount);
  store::Settlement settlement{.charge = charge,
                               .message = std::move(request.message),
                               .response = text,
                               .finish_reason = reply.finish_reason,
                               .model = request.model->name,
                               .usage = store::TurnUsage{.input_model_tokens = usage.input_model_tokens,
                                                         .output_model_tokens = usage.output_model_tokens},
                               .conversation = request.conversation};
  if (request.idempotency && request.keep_answer) {
    settlement.answer = request.keep_answer({.reply = reply, .text = text, .chunks = chunks});
  }
  CO_TRY(const store::Settled settled, co_await store.settle(std::move(held.hold), std::move(settlement)));
  co_return TurnReply{.turn = settled.turn,
                      .conversation = settled.conversation,
                      .response = std::move(text),
                      .charge = charge,
                      .available = settled.balance.available(),
                      .reply = std::move(reply)};
}

}  // namespace parley::chat
