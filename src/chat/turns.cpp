#include "chat/turns.h"

#include <utility>

namespace parley::chat {

async::Task<base::Result<TurnOutcome>> Turns::run(TurnRequest request) {
  store::HoldRequest hold_request{.credential = request.credential,
                                  .amount = settings_.price.per_turn,
                                  .in_flight_max = settings_.account_requests_max};
  CO_TRY(store::HoldDecision decision, co_await store_.hold(std::move(hold_request)));
  if (const auto* shortfall = std::get_if<store::Shortfall>(&decision)) co_return TurnOutcome(*shortfall);
  store::Hold hold = std::move(std::get<store::Held>(decision).hold);

  engines::Prompt prompt;
  prompt.messages.push_back({.role = engines::Role::user, .text = request.message});
  CO_TRY(engines::Reply reply, co_await engine_.generate(std::move(prompt)));
  if (reply.text.empty()) {
    co_return base::Error{
        .code = base::ErrorCode::engine_failed, .message = "The AI gave no answer.", .detail = "empty reply"};
  }

  store::Settlement settlement{
      .charge = settings_.price.per_turn, .message = std::move(request.message), .response = reply.text};
  CO_TRY(const store::Settled settled, co_await store_.settle(std::move(hold), std::move(settlement)));
  co_return TurnOutcome(TurnReply{.turn = settled.turn,
                                  .response = std::move(reply.text),
                                  .charge = settings_.price.per_turn,
                                  .available = settled.balance.available()});
}

}  // namespace parley::chat
