#include "chat/turn_figures.h"

namespace parley::chat {
namespace {

base::Counter& turns(base::Metrics& metrics, const char* end) {
  return metrics.counter("parley_turns_total", "Turns that had tokens set aside, by how they ended.", {{"end", end}});
}

}  // namespace

TurnFigures::TurnFigures(base::Metrics& metrics)
    : settled_(&turns(metrics, "settled")),
      failed_(&turns(metrics, "failed")),
      left_(&turns(metrics, "client_left")),
      charged_tokens_(&metrics.counter("parley_charged_tokens_total", "Tokens charged for turns.")),
      replays_(&metrics.counter("parley_replays_total", "Requests answered from their idempotency key's turn.")),
      shortfalls_(&metrics.counter("parley_shortfalls_total", "Requests refused for want of tokens.")),
      streams_(&metrics.gauge("parley_streams_open", "Turns under way whose answer is streamed.")) {}

void TurnFigures::ended(TurnEnd end) const noexcept {
  switch (end) {
    case TurnEnd::settled: return settled_->add();
    case TurnEnd::failed: return failed_->add();
    case TurnEnd::left: return left_->add();
  }
}

void TurnFigures::charged(base::Tokens charge) const noexcept {
  charged_tokens_->add(static_cast<std::uint64_t>(charge.count()));
}

}  // namespace parley::chat
