#pragma once
// The bridge from a plain function to coroutines, for subcommands and tests.

#include <boost/asio/io_context.hpp>
#include <exception>
#include <future>
#include <optional>

#include "async/task.h"

namespace parley::async {

/// Runs `task` on `context`, which no other thread may run, until it ends; returns its value or throws what it threw.
template <class T>
T run_to_end(asio::io_context& context, Task<T> task) {
  std::promise<T> promise;
  std::future<T> future = promise.get_future();
  asio::co_spawn(context.get_executor(), std::move(task),
                 [&promise, &context](const std::exception_ptr& failure, auto... value) {
                   if (failure) {
                     promise.set_exception(failure);
                   } else {
                     promise.set_value(std::move(value)...);
                   }
                   context.stop();  // so that run_for() returns at once
                 });
  while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (context.stopped()) context.restart();
    context.run_for(std::chrono::milliseconds(50));
  }
  return future.get();
}

/// The same on a context of its own: only for a task that no other thread completes, since that thread may still be
/// inside its post when the context goes.
template <class T>
T run_to_end(Task<T> task) {
  asio::io_context context{1};
  const auto work = asio::make_work_guard(context);
  return run_to_end(context, std::move(task));
}

}  // namespace parley::async
