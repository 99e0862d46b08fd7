#pragma once
// Metered turns: hold, generate, settle or release. The only place that decides when an account is charged.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "async/task.h"
#include "base/clock.h"
#include "chat/turn.h"
#include "chat/turn_figures.h"
#include "engines/lineup.h"
#include "store/store.h"

namespace parley::chat {

class StreamingHome;
struct StreamShare;

struct TurnSettings {
  std::int32_t account_requests_max = 16;  ///< turns in flight that one account may have
  /// How long a turn goes on whose client left after it had heard something; then it is saved as far as it came.
  std::chrono::milliseconds finish_after_leaving{60'000};
  std::size_t behind_bytes_max = std::size_t{256} << 10;  ///< a client that is further behind has left
};

/// Safe to use from any of the loops. Order at the end: stop(), wait_until_idle(), stop the loops, destroy.
class Turns {
 public:
  /// Streams run on `contexts`, each on the one where it is asked for.
  Turns(store::Store& store, const engines::Lineup& lineup, const base::Clock& clock, base::Metrics& metrics,
        const std::vector<async::asio::io_context*>& contexts, TurnSettings settings);
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  ~Turns();

  const catalog::Catalog& catalog() const noexcept { return lineup_.catalog(); }
  /// Whether the model takes requests in OpenAI's words as they are.
  bool relays(const catalog::Model& model) const { return lineup_.server_of(model).engine->relays(); }

  /// Sets the most that it can cost aside, has the engine answer, and writes turn and charge as one; a reply is
  /// returned only after both are on disk. In every other case nothing is charged, nothing is saved and the hold is
  /// released: the errors of Store::read_conversation, Store::hold, the engine's and Store::settle pass through, and an
  /// answer that says nothing is `engine_failed`. Does not notice whether its client is still there: a turn that has
  /// begun finishes.
  async::Task<base::Result<TurnOutcome>> run(TurnRequest request);

  /// The same, told as it comes: the events are there once the tokens are set aside, and the turn goes on by itself.
  /// Finished comes only after turn and charge are on disk, Failed where nothing was charged and nothing saved.
  ///
  /// Where the events' reader leaves, or falls too far behind, before it was sent anything of the answer, the engine is
  /// stopped and nothing charged. After that the turn finishes within `finish_after_leaving`, is saved and charged. A
  /// reply that our own limits cut is one with finish reason "length". Where the engine fails in the middle nothing is
  /// charged; but an account where that happened three times in an hour pays from then on for what it was sent.
  async::Task<base::Result<StreamOutcome>> stream(TurnRequest request);

  /// What the request would hold and cost; nothing is asked, set aside or charged. The errors of
  /// Store::read_conversation and Store::balance.
  async::Task<base::Result<Quote>> quote(TurnRequest request);

  /// The turn that this idempotency key had before, for a request that could not be a turn now. The errors of
  /// Store::hold that come before any other reason to refuse.
  async::Task<base::Result<std::optional<store::Replay>>> find_replay(store::Presented credential,
                                                                      store::Idempotency idempotency);

  /// From any thread: streams that are under way end with Failed, uncharged.
  void stop();
  /// From a thread that runs no loop: whether all streams ended within `patience`.
  bool wait_until_idle(std::chrono::milliseconds patience) const;

 private:
  async::Task<base::Result<store::HoldDecision>> hold(TurnRequest& request);
  async::Task<base::Result<store::HoldDecision>> hold_in_conversation(TurnRequest& request);
  async::Task<base::Result<store::HoldDecision>> hold_for_work(TurnRequest& request);
  void count(const store::HoldDecision& decision) const noexcept;
  async::Task<base::Result<engines::Reply>> ask(TurnRequest& request, base::Tokens held);
  async::Task<base::Result<TurnReply>> finish(TurnRequest& request, store::Held held);
  std::shared_ptr<StreamingHome> home_of(const async::asio::io_context& context) const;

  store::Store& store_;
  const engines::Lineup& lineup_;
  TurnSettings settings_;
  TurnFigures figures_;
  std::shared_ptr<StreamShare> share_;
  std::vector<std::shared_ptr<StreamingHome>> homes_;
};

}  // namespace parley::chat
