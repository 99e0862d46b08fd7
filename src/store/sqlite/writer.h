#pragma once
// The one thread that writes: it takes operations in batches and commits each batch at once. While a commit is being
// synced the next batch gathers; there is no timer and no fixed size.

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>

#include "async/mailbox.h"
#include "async/task.h"
#include "base/metrics.h"
#include "store/sqlite/session.h"
#include "store/sqlite/wal.h"

namespace parley::store::sqlite {

/// One operation on its way: run by the writer, perhaps more than once, then completed with its outcome.
class Operation : public async::Job {
 public:
  using Job::Job;
  /// Checks everything before its first write. Where SQLite fails, the connection knows, and what this did is undone.
  /// May be run again after that.
  virtual void run(Session& session) = 0;
  /// Takes the outcome of the last run away and puts `error` in its place.
  virtual void refuse(const base::Error& error) = 0;
  /// False where it only changes the books, cannot fail, and is run whatever state the file is in.
  virtual bool needs_file() const noexcept { return true; }
  /// True where it counts against the queue's limit.
  virtual bool queued() const noexcept { return true; }
};

struct WriterOptions {
  std::size_t queued_operations_max = 20'000;  ///< beyond them `overloaded`
  /// A file beside the database, which shows by being filled whether there is room again after the disk was full.
  std::filesystem::path probe_file;
  /// Called once, from the writer's thread, when an I/O error is final.
  std::function<void(const base::Error&)> on_fatal;
  std::chrono::milliseconds probe_interval{1000};  ///< between looks whether there is room again
  /// 32 MB of 4 KiB pages: seldom enough that pages written often are carried over once for many writes.
  int frames_between_checkpoints = 8'000;
  /// Where batches, commits and the queue are shown; null: nowhere. Outlives the writer, and is not read after it.
  base::Metrics* metrics = nullptr;
};

/// Which operations are always taken, whatever waits: those that end what is bounded already.
enum class Admission { within_limit, always };

class Writer {
 public:
  Writer(std::unique_ptr<Session> session, WriterOptions options);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// Answers everything that was asked, checkpoints and closes the file.
  ~Writer();

  /// Runs `body(Session&)`, which returns a Result<T>, on the writer's thread and resumes the caller on its loop once
  /// that is on disk. `body` may run more than once. The body is destroyed before the caller goes on.
  template <class T, class Body>
  async::Task<base::Result<T>> ask(Body body, Admission admission = Admission::within_limit);

  /// Takes an operation that nobody waits for.
  void push(Operation& operation) noexcept { mailbox_.push(operation); }

  bool writable() const noexcept { return health_.load() == Health::good; }
  HoldCounts hold_counts() const noexcept;
  /// Returns once everything that was asked before is answered, and whoever watched was told the last.
  void drain();

 private:
  enum class Health {
    good,
    paused,  ///< nothing can be committed now; a probe each second says when again
    lost,    ///< a final error: nothing is tried any more
  };
  class Marker;
  template <class T, class Body, class Handler>
  class Call;
  struct Figures {
    Figures(base::Metrics& metrics, const std::atomic<std::size_t>& queued);
    base::Histogram& batch_operations;
    base::Histogram& commit_seconds;
    base::Counter& commits;
  };

  bool enqueue(Operation& operation, Admission admission) noexcept;
  void serve();
  void serve_batch(async::JobList jobs);
  void run_together(async::JobList& jobs);
  void run_alone(Operation& operation);
  bool commit();
  void refuse_all(async::JobList& jobs);
  void refuse(Operation& operation, const base::Error& error);
  /// Runs and notes an exception as a failure. True where SQLite did not fail.
  bool run(Operation& operation);
  /// Draws the consequences of what failed; the round is undone already.
  Severity judge_failure(std::string_view event);
  void probe_when_due();
  void report_loss();
  void answer(async::JobList jobs);
  void checkpoint_when_due();

  std::unique_ptr<Session> session_;
  WriterOptions options_;
  base::Metrics unread_metrics_;  ///< where none are handed over
  Figures figures_;
  Wal wal_;
  async::Mailbox<Operation> mailbox_;
  std::atomic<std::size_t> queued_{0};
  std::atomic<Health> health_{Health::good};
  mutable std::mutex counts_mutex_;
  HoldCounts counts_;
  bool stopping_ = false;
  std::optional<base::Error> unreported_loss_;
  std::chrono::steady_clock::time_point next_probe_;
  std::thread thread_;
};

/// The refusal of a full queue, and of a store that can't commit.
base::Error queue_full();
base::Error unavailable(std::string detail);

template <class T, class Body, class Handler>
class Writer::Call final : public Operation {
 public:
  Call(boost::asio::io_context* home, Body body, Handler handler, Admission admission)
      : Operation(home), body_(std::move(body)), handler_(std::move(handler)), admission_(admission) {}

  void run(Session& session) override { result_.emplace(body_(session)); }
  void refuse(const base::Error& error) override { result_.emplace(error); }
  bool queued() const noexcept override { return admission_ == Admission::within_limit; }

  void complete() noexcept override {
    Handler handler = std::move(handler_);
    base::Result<T> result = std::move(*result_);
    delete this;
    std::move(handler)(std::move(result));
  }

 private:
  Body body_;
  Handler handler_;
  Admission admission_;
  std::optional<base::Result<T>> result_;
};

template <class T, class Body>
async::Task<base::Result<T>> Writer::ask(Body body, Admission admission) {
  const async::Executor executor = co_await boost::asio::this_coro::executor;
  co_return co_await boost::asio::async_initiate<decltype(async::use_task), void(base::Result<T>)>(
      [this, &body, admission, home = &executor.context()](auto handler) {
        auto* call = new Call<T, Body, decltype(handler)>(home, std::move(body), std::move(handler), admission);
        if (enqueue(*call, admission)) return;
        call->refuse(queue_full());
        async::JobList alone;
        alone.push_back(*call);
        async::complete_all(std::move(alone));
      },
      async::use_task);
}

}  // namespace parley::store::sqlite
