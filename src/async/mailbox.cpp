#include "async/mailbox.h"

#include <algorithm>

namespace parley::async {

JobList::~JobList() {
  while (Job* job = pop_front()) delete job;
}

void JobList::push_back(Job& job) noexcept {
  job.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &job;
  last_ = &job;
}

Job* JobList::pop_front() noexcept {
  Job* job = first_;
  if (job == nullptr) return nullptr;
  first_ = job->next_;
  if (first_ == nullptr) last_ = nullptr;
  job->next_ = nullptr;
  return job;
}

void complete_all(JobList jobs) {
  std::vector<std::pair<asio::io_context*, JobList>> by_home;
  JobList homeless;
  while (Job* job = jobs.pop_front()) {
    if (job->home() == nullptr) {
      homeless.push_back(*job);
      continue;
    }
    auto found = std::ranges::find(by_home, job->home(), [](const auto& entry) { return entry.first; });
    if (found == by_home.end()) found = by_home.emplace(by_home.end(), job->home(), JobList());
    found->second.push_back(*job);
  }
  for (auto& [home, list] : by_home) {
    asio::post(*home, [batch = std::move(list)]() mutable {
      while (Job* job = batch.pop_front()) job->complete();
    });
  }
  while (Job* job = homeless.pop_front()) job->complete();
}

MailboxBase::~MailboxBase() {
  take(std::chrono::milliseconds(0));
}

void MailboxBase::push(Job& job) noexcept {
  asio::io_context* home = job.home();
  Job* newest = newest_.load(std::memory_order_relaxed);
  do {
    job.next_ = newest;
  } while (!newest_.compare_exchange_weak(newest, &job));

  // The job may be gone from here on. Sequential consistency pairs this read with take(): either the worker sees the
  // job before it sleeps, or this sees that it sleeps.
  auto asleep = Worker::asleep;
  if (worker_.load() != Worker::asleep || !worker_.compare_exchange_strong(asleep, Worker::being_woken)) return;
  if (home == nullptr) {
    wake();
  } else {
    asio::post(*home, [this] { wake(); });
  }
}

JobList MailboxBase::take(std::chrono::milliseconds patience) {
  if (empty() && patience.count() > 0) {
    std::unique_lock lock(mutex_);
    worker_.store(Worker::asleep);
    if (empty()) woken_.wait_for(lock, patience);
    worker_.store(Worker::awake);
  }
  JobList oldest_first;
  Job* job = newest_.exchange(nullptr);
  Job* reversed = nullptr;
  while (job != nullptr) job = std::exchange(job->next_, std::exchange(reversed, job));
  while (reversed != nullptr) {
    Job* next = reversed->next_;
    oldest_first.push_back(*reversed);
    reversed = next;
  }
  return oldest_first;
}

void MailboxBase::wake() noexcept {
  const std::lock_guard lock(mutex_);
  woken_.notify_one();
}

}  // namespace parley::async
