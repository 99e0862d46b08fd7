#pragma once
// The signals that end the program, blocked in every thread and waited for in the main one.

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

namespace parley::app {

/// Made before the first thread is.
class StopSignals {
 public:
  StopSignals() {
    std::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  int wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
    return signal;
  }

  /// Whether one came within `patience`.
  bool wait_for(std::chrono::milliseconds patience) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
    const timespec time{.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(patience - seconds).count()};
    return sigtimedwait(&set_, nullptr, &time) > 0;
  }

  /// Has a wait end, from any thread.
  static void raise() { kill(getpid(), SIGTERM); }

 private:
  sigset_t set_{};
};

}  // namespace parley::app
