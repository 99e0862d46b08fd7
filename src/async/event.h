#pragma once
// Something that one coroutine waits for and others on its loop bring about.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <utility>

#include "async/task.h"

namespace parley::async {

/// Resets itself: each wait() takes one set(), and several set() before it count as one. For one loop's thread, and one
/// waiter at a time.
class Event {
 public:
  explicit Event(const Executor& executor) : timer_(executor, Timer::time_point::max()) {}

  void set() {
    set_ = true;
    timer_.cancel();
  }

  /// Returns at once where it is set. Supports Asio's per-operation cancellation: returns then, set or not.
  Task<> wait() {
    if (!set_) co_await timer_.async_wait(asio::as_tuple(use_task));
    set_ = false;
  }

 private:
  // A timer that never fires: Asio has no event, and waiting on the last timer of a loop costs no system call.
  using Timer =
      asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

  Timer timer_;
  bool set_ = false;
};

}  // namespace parley::async
