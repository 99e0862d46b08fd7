#pragma once
// A few threads of low priority for work that would block a loop: password hashing above all.

#include <boost/asio/async_result.hpp>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "async/mailbox.h"
#include "async/task.h"
#include "base/error.h"

namespace parley::async {

struct OffloadLimits {
  std::size_t threads = 1;
  std::size_t queued_jobs_max = 32;
};

/// What running a function that returns T answers: a Result of T, or the Result that T is.
template <class T>
struct OutcomeOf {
  using type = base::Result<T>;
};
template <class T>
struct OutcomeOf<base::Result<T>> {
  using type = base::Result<T>;
};

/// Runs functions on its own threads, at nice 19, first come first served. A full queue refuses at once.
/// stop() it after the loops have stopped and before they are destroyed.
class OffloadPool {
 public:
  explicit OffloadPool(OffloadLimits limits);
  OffloadPool(const OffloadPool&) = delete;
  OffloadPool& operator=(const OffloadPool&) = delete;
  ~OffloadPool();

  /// Runs `work` on a thread of the pool and resumes the caller on its loop with what it returned.
  /// `overloaded` (with retry_after) where the queue is full, `internal` where `work` threw.
  template <class Work, class Outcome = typename OutcomeOf<std::invoke_result_t<Work&>>::type>
  Task<Outcome> run(Work work);

  /// Finishes what runs, drops what is queued, joins the threads.
  void stop();

  std::size_t queued() const;
  /// How many threads run something.
  std::size_t busy() const;

 private:
  class Runnable : public Job {
   public:
    using Job::Job;
    virtual void run() noexcept = 0;
  };
  template <class Work, class Outcome, class Handler>
  class Call;

  /// Takes the job where there is room; otherwise leaves it with the caller.
  bool enqueue(Runnable& job);
  void serve(std::size_t index);

  OffloadLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  JobList queue_;
  std::size_t queued_ = 0;
  std::size_t busy_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// The refusal of a full queue.
base::Error pool_overloaded();

template <class Work, class Outcome, class Handler>
class OffloadPool::Call final : public Runnable {
 public:
  Call(asio::io_context* home, Work work, Handler handler)
      : Runnable(home), work_(std::move(work)), handler_(std::move(handler)) {}

  void run() noexcept override {
    try {
      result_.emplace(work_());
    } catch (const std::exception& failure) {
      result_.emplace(base::internal_error(failure.what()));
    } catch (...) {
      result_.emplace(base::internal_error("offloaded work threw"));
    }
  }

  void complete() noexcept override {
    Handler handler = std::move(handler_);
    Outcome result = std::move(*result_);
    delete this;
    std::move(handler)(std::move(result));
  }

  void refuse() {
    result_.emplace(pool_overloaded());
    JobList alone;
    alone.push_back(*this);
    complete_all(std::move(alone));
  }

 private:
  Work work_;
  Handler handler_;
  std::optional<Outcome> result_;
};

template <class Work, class Outcome>
Task<Outcome> OffloadPool::run(Work work) {
  const Executor executor = co_await asio::this_coro::executor;
  co_return co_await asio::async_initiate<decltype(use_task), void(Outcome)>(
      [this, &work, home = &executor.context()](auto handler) {
        auto* call = new Call<Work, Outcome, decltype(handler)>(home, std::move(work), std::move(handler));
        if (!enqueue(*call)) call->refuse();
      },
      use_task);
}

}  // namespace parley::async
