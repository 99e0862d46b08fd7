#include "async/offload_pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

namespace parley::async {
namespace {

constexpr int nice_lowest = 19;

// On Linux, niceness belongs to a thread.
void lower_priority() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice_lowest);
}

}  // namespace

base::Error pool_overloaded() {
  return {.code = base::ErrorCode::overloaded,
          .message = "The server is busy; try again shortly.",
          .detail = "offload queue full",
          .retry_after = std::chrono::seconds(1)};
}

OffloadPool::OffloadPool(OffloadLimits limits) : limits_(limits) {
  for (std::size_t index = 0; index < limits_.threads; ++index) {
    threads_.emplace_back([this, index] { serve(index); });
  }
}

OffloadPool::~OffloadPool() {
  stop();
}

void OffloadPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t OffloadPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queued_;
}

std::size_t OffloadPool::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

bool OffloadPool::enqueue(Runnable& job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queued_ >= limits_.queued_jobs_max) return false;
    queue_.push_back(job);
    ++queued_;
  }
  changed_.notify_one();
  return true;
}

void OffloadPool::serve(std::size_t index) {
  pthread_setname_np(pthread_self(), ("offload-" + std::to_string(index)).c_str());
  lower_priority();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    auto* job = static_cast<Runnable*>(queue_.pop_front());
    --queued_;
    ++busy_;
    lock.unlock();
    job->run();
    JobList done;
    done.push_back(*job);
    complete_all(std::move(done));
    lock.lock();
    --busy_;
  }
}

}  // namespace parley::async
