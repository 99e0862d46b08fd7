#pragma once
// The streamed turns of each event loop, and what all of them share.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>

#include "async/task.h"
#include "base/clock.h"
#include "chat/failure_tally.h"
#include "chat/streamed_turn.h"

namespace parley::chat {

/// Outlives Turns where turns do.
struct StreamShare {
  StreamShare(const TurnSettings& its_settings, const TurnFigures& its_figures, const base::Clock& its_clock,
              async::Executor its_tally_home)
      : settings(its_settings), figures(its_figures), clock(its_clock), tally_home(std::move(its_tally_home)) {}

  const TurnSettings settings;
  const TurnFigures figures;
  const base::Clock& clock;
  const async::Executor tally_home;  ///< the loop on which the tally lives
  FailureTally tally;
  std::atomic<int> under_way{0};
};

/// One loop's turns; used on that loop.
class StreamingHome {
 public:
  explicit StreamingHome(async::asio::io_context& context) : context_(context) {}

  async::asio::io_context& context() noexcept { return context_; }
  void enrol(StreamedTurn& turn) { turns_.push_back(turn); }
  void stop_all() {
    for (StreamedTurn& turn : turns_) turn.stop();
  }

 private:
  async::asio::io_context& context_;
  boost::intrusive::list<StreamedTurn, boost::intrusive::constant_time_size<false>> turns_;
};

}  // namespace parley::chat
