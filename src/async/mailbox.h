#pragma once
// How work crosses from the event loops to one worker thread and back: in batches, without a lock on the way.
//
// Senders push onto a lock-free stack; the worker takes all of it at once. A sleeping worker is woken not by the first
// push but at the end of that loop's round, so that everything the round produced arrives as one batch. On the way back
// the worker completes a whole batch with one post per loop.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "async/task.h"

namespace parley::async {

/// One unit of work that leaves its loop. Owned by whoever holds it: the mailbox, the worker, then complete().
class Job {
 public:
  /// `home` is the loop to complete on; null completes on the worker's own thread.
  explicit Job(asio::io_context* home) noexcept : home_(home) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  /// Hands the outcome over and destroys the job. Called once, on the home loop.
  virtual void complete() noexcept = 0;

  asio::io_context* home() const noexcept { return home_; }

 private:
  friend class JobList;
  friend class MailboxBase;
  asio::io_context* home_;
  Job* next_ = nullptr;
};

/// A singly linked queue of jobs that it owns.
class JobList {
 public:
  JobList() = default;
  JobList(JobList&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)), last_(std::exchange(other.last_, nullptr)) {}
  JobList& operator=(JobList&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    return *this;
  }
  ~JobList();

  bool empty() const noexcept { return first_ == nullptr; }
  void push_back(Job& job) noexcept;
  /// Takes the first job out, or returns null.
  Job* pop_front() noexcept;
  /// Calls `visit(Job&)` for each, in order; the jobs stay.
  template <class Visit>
  void each(Visit visit) {
    for (Job* job = first_; job != nullptr; job = job->next_) visit(*job);
  }

 private:
  Job* first_ = nullptr;
  Job* last_ = nullptr;
};

/// Completes every job of the list on its home loop: one post for each loop, in the list's order. Those without a home
/// come last: who waits for one of them knows that the others are posted.
void complete_all(JobList jobs);

class MailboxBase {
 public:
  MailboxBase() = default;
  MailboxBase(const MailboxBase&) = delete;
  MailboxBase& operator=(const MailboxBase&) = delete;
  ~MailboxBase();

  /// Takes ownership. Safe from any thread; never blocks.
  void push(Job& job) noexcept;

  /// Everything pushed so far, oldest first; waits up to `patience` for a first job. Only the worker calls it.
  JobList take(std::chrono::milliseconds patience);

  /// Wakes the worker at once, with or without work.
  void wake() noexcept;

  /// True where nothing waits to be taken.
  bool empty() const noexcept { return newest_.load() == nullptr; }

 private:
  enum class Worker { awake, asleep, being_woken };

  std::atomic<Job*> newest_{nullptr};
  std::atomic<Worker> worker_{Worker::awake};
  std::mutex mutex_;
  std::condition_variable woken_;
};

/// A mailbox of one kind of job.
template <class J>
class Mailbox : public MailboxBase {
 public:
  void push(J& job) noexcept { MailboxBase::push(job); }
};

}  // namespace parley::async
