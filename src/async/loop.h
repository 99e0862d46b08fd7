#pragma once
// One event loop: an io_context that exactly one thread runs.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "async/task.h"

namespace parley::async {

/// Starts its thread when constructed. An exception that escapes a handler is logged and the loop goes on: one bad
/// connection never takes the others with it.
///
/// Order at the end: stop() every loop, then drain what completes on them (the store, the offload pool), then destroy.
class Loop {
 public:
  /// `name` is the thread's, as debuggers and `top -H` show it; at most 15 bytes.
  explicit Loop(std::string name);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  asio::io_context& context() noexcept { return context_; }
  Executor executor() noexcept { return context_.get_executor(); }

  /// Ends the thread after the handler that runs now; what is pending stays unrun and is destroyed with the loop.
  void stop();

 private:
  void run(const std::string& name);

  asio::io_context context_{1};
  asio::executor_work_guard<Executor> work_{context_.get_executor()};
  std::thread thread_;
};

}  // namespace parley::async
