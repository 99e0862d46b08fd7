#pragma once
// What is counted of turns.

#include "base/metrics.h"
#include "base/tokens.h"

namespace parley::chat {

/// How a turn that had its hold came to its end.
enum class TurnEnd { settled, failed, left };

/// Writes to its series without a lock; `metrics` outlives it.
class TurnFigures {
 public:
  explicit TurnFigures(base::Metrics& metrics);

  void ended(TurnEnd end) const noexcept;
  void charged(base::Tokens charge) const noexcept;
  void replayed() const noexcept { replays_->add(); }
  void refused_for_tokens() const noexcept { shortfalls_->add(); }
  void stream_began() const noexcept { streams_->add(1); }
  void stream_ended() const noexcept { streams_->add(-1); }

 private:
  base::Counter* settled_;
  base::Counter* failed_;
  base::Counter* left_;
  base::Counter* charged_tokens_;
  base::Counter* replays_;
  base::Counter* shortfalls_;
  base::Gauge* streams_;
};

}  // namespace parley::chat
