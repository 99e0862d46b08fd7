#pragma once
// One turn whose answer is told as it comes, from its hold to its end. It belongs to no connection: its reader may
// leave.

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>
#include <vector>

#include "chat/turns.h"

namespace parley::chat {

/// Why a turn is ended from outside.
enum class StopReason { none, left_before_text, left, shutdown };

/// A turn's brake, shared with the timer that may pull it.
struct Brake {
  StopReason reason = StopReason::none;
  boost::asio::cancellation_signal signal;

  void pull(StopReason why) {
    if (reason != StopReason::none) return;
    reason = why;
    signal.emit(boost::asio::cancellation_type::terminal);
  }
};

class StreamedTurn final
    : public engines::ReplyListener,
      public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  StreamedTurn(store::Store& store, const engines::Lineup& lineup, StreamShare& share, TurnRequest request,
               store::Held held, async::ChannelWriter<TurnEvent> events, const async::Executor& executor);
  ~StreamedTurn() override = default;

  async::Task<> run();
  void stop() { brake_->pull(StopReason::shutdown); }

  void open() override;
  void hear(const engines::Heard& heard) override;

 private:
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, async::Executor>;

  void reader_left();
  async::Task<base::Result<engines::Reply>> ask();
  async::Task<base::Result<engines::Reply>> generate();
  /// The reply that the turn ends with: what came, where that is to be paid for; else why there is none.
  async::Task<base::Result<engines::Reply>> judge(base::Result<engines::Reply> reply);

  store::Store& store_;
  const engines::Lineup& lineup_;
  StreamShare& share_;
  TurnRequest request_;
  store::Held held_;
  async::ChannelWriter<TurnEvent> events_;
  Timer leaving_;
  std::shared_ptr<Brake> brake_ = std::make_shared<Brake>();
  std::string text_;
  std::vector<std::string> chunks_;  ///< kept only for keep_answer
  bool relays_;
  bool heard_something_ = false;
  bool sent_something_ = false;
};

}  // namespace parley::chat
