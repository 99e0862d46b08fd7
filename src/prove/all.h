#pragma once
// Many coroutines at once on one loop, and the wait for the last of them.

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

#include "async/event.h"
#include "async/task.h"

namespace parley::prove {

/// Ends with the last of `tasks`; throws what the first that failed threw.
inline async::Task<> all(std::vector<async::Task<>> tasks) {
  const async::Executor executor = co_await async::asio::this_coro::executor;
  async::Event ended(executor);
  std::exception_ptr failure;
  std::size_t left = tasks.size();
  const auto end_one = [&](const std::exception_ptr& thrown) {
    if (thrown && !failure) failure = thrown;
    if (--left == 0) ended.set();
  };
  for (async::Task<>& task : tasks) async::asio::co_spawn(executor, std::move(task), end_one);
  if (left > 0) co_await ended.wait();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace parley::prove
