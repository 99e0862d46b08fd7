#pragma once
// Starts a coroutine of the server's own, whose end nobody waits for.

#include <exception>
#include <string_view>
#include <utility>

#include "async/task.h"
#include "base/log.h"

namespace parley::http {

/// What `task` throws is logged as `event` (a literal), and ends only that coroutine.
inline void spawn_logged(async::Executor executor, async::Task<> task, std::string_view event) {
  async::asio::co_spawn(executor, std::move(task), [event](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& thrown) {
      base::log(base::LogLevel::error, event, {{"what", thrown.what()}});
    } catch (...) {
      base::log(base::LogLevel::error, event);
    }
  });
}

}  // namespace parley::http
