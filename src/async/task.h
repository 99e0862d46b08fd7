#pragma once
// The coroutine type of the project. A concrete executor keeps the hot path free of type erasure.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace parley::async {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

/// A lazy coroutine on one event loop. Awaited at once, its parameters may be references; spawned, they must be values.
///
/// Never make an aggregate's temporary inside a co_await expression (`co_await save({.name = n})`): g++ 12 copies it
/// bit by bit into the coroutine's frame and destroys both, which frees a short string's own buffer. Name it first
/// and move it in.
template <class T = void>
using Task = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_task{};

/// Runs `task` on the loop of `executor` and resumes the caller on its own loop with the outcome. How state that has no
/// lock is shared: it lives on one loop, and the others visit.
template <class T>
Task<T> on(Executor executor, Task<T> task) {
  co_return co_await asio::co_spawn(executor, std::move(task), use_task);
}

}  // namespace parley::async
