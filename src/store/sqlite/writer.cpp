#include "store/sqlite/writer.h"

#include <pthread.h>

#include <exception>
#include <future>
#include <utility>

#include "base/log.h"
#include "store/sqlite/space_probe.h"

namespace parley::store::sqlite {
namespace {

constexpr std::chrono::milliseconds patience_at_rest{1000};
constexpr std::chrono::milliseconds patience_while_paused{100};
constexpr std::chrono::seconds retry_after{1};

}  // namespace

/// Says when it is reached: everything before it is answered.
class Writer::Marker final : public Operation {
 public:
  Marker(bool& stop, bool stops) : Operation(nullptr), stop_(stop), stops_(stops) {}
  std::future<void> reached() { return reached_.get_future(); }

  void run(Session& session) override {
    session.books().watches().remove_all();  // their loops may be gone next
    if (stops_) stop_ = true;
  }
  void refuse(const base::Error&) override {}
  bool needs_file() const noexcept override { return false; }
  bool queued() const noexcept override { return false; }
  void complete() noexcept override {
    reached_.set_value();
    delete this;
  }

 private:
  bool& stop_;
  bool stops_;
  std::promise<void> reached_;
};

base::Error queue_full() {
  return {.code = base::ErrorCode::overloaded,
          .message = "The server is busy; try again shortly.",
          .detail = "the store's queue is full",
          .retry_after = retry_after};
}

base::Error unavailable(std::string detail) {
  return {.code = base::ErrorCode::store_unavailable,
          .message = "The server can't save anything at the moment; try again shortly.",
          .detail = std::move(detail),
          .retry_after = retry_after};
}

Writer::Figures::Figures(base::Metrics& metrics, const std::atomic<std::size_t>& queued)
    : batch_operations(metrics.histogram("parley_store_batch_operations",
                                         "Operations that the store ran together, reads included.",
                                         base::numbers({1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384}))),
      commit_seconds(
          metrics.histogram("parley_store_commit_seconds", "What one commit to disk took.", base::request_durations())),
      commits(metrics.counter("parley_store_commits_total", "Commits to disk.")) {
  metrics.observe("parley_store_queued_operations", "Operations that wait for the store or are in its batch.",
                  base::MetricType::gauge, {},
                  [&queued] { return static_cast<double>(queued.load(std::memory_order_relaxed)); });
}

Writer::Writer(std::unique_ptr<Session> session, WriterOptions options)
    : session_(std::move(session)),
      options_(std::move(options)),
      figures_(options_.metrics != nullptr ? *options_.metrics : unread_metrics_, queued_),
      wal_(session_->connection(), options_.frames_between_checkpoints),
      thread_([this] { serve(); }) {}

Writer::~Writer() {
  auto* last = new Marker(stopping_, true);
  mailbox_.push(*last);
  mailbox_.wake();
  thread_.join();
}

HoldCounts Writer::hold_counts() const noexcept {
  const std::lock_guard lock(counts_mutex_);
  return counts_;
}

void Writer::drain() {
  auto* marker = new Marker(stopping_, false);
  const std::future<void> reached = marker->reached();
  mailbox_.push(*marker);
  mailbox_.wake();  // a stopped loop may owe the worker the wake that a push left to it
  reached.wait();
}

bool Writer::enqueue(Operation& operation, Admission admission) noexcept {
  if (admission == Admission::within_limit &&
      queued_.fetch_add(1, std::memory_order_relaxed) >= options_.queued_operations_max) {
    queued_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  mailbox_.push(operation);
  return true;
}

void Writer::serve() {
  pthread_setname_np(pthread_self(), "store");
  while (!stopping_) {
    serve_batch(mailbox_.take(writable() ? patience_at_rest : patience_while_paused));
  }
  while (!mailbox_.empty()) serve_batch(mailbox_.take(std::chrono::milliseconds(0)));
  if (writable() && wal_.truncate().has_error()) judge_failure("store_checkpoint_failed");
}

void Writer::serve_batch(async::JobList jobs) {
  probe_when_due();
  if (writable()) {
    run_together(jobs);
  } else {
    refuse_all(jobs);
  }
  session_->books().watches().look_at_the_clock();
  answer(std::move(jobs));
  checkpoint_when_due();
  report_loss();
}

void Writer::run_together(async::JobList& jobs) {
  bool good = true;
  std::int64_t operations = 0;
  jobs.each([&](async::Job& job) {
    good = good && run(static_cast<Operation&>(job));
    ++operations;
  });
  if (operations > 0) figures_.batch_operations.observe(operations);
  if (good && commit()) return;
  session_->undo();
  if (judge_failure("store_batch_failed") == Severity::statement) {
    jobs.each([&](async::Job& job) { run_alone(static_cast<Operation&>(job)); });
  } else {
    refuse_all(jobs);
  }
}

void Writer::run_alone(Operation& operation) {
  if (!writable()) return refuse(operation, unavailable("an operation before it failed"));
  if (run(operation) && commit()) return;
  session_->undo();
  const bool alone_to_blame = judge_failure("store_operation_failed") == Severity::statement;
  refuse(operation, alone_to_blame ? base::internal_error("the operation failed in the database")
                                   : unavailable("the database failed"));
}

/// A round that wrote nothing costs no commit and is none.
bool Writer::commit() {
  if (!session_->connection().in_transaction()) return session_->commit();
  const auto begin = std::chrono::steady_clock::now();
  if (!session_->commit()) return false;
  figures_.commit_seconds.observe(std::chrono::steady_clock::now() - begin);
  figures_.commits.add();
  return true;
}

void Writer::refuse_all(async::JobList& jobs) {
  const base::Error error = unavailable("the store can't commit");
  jobs.each([&](async::Job& job) { refuse(static_cast<Operation&>(job), error); });
}

void Writer::refuse(Operation& operation, const base::Error& error) {
  if (operation.needs_file()) return operation.refuse(error);
  operation.run(*session_);
  session_->books().accept();
}

bool Writer::run(Operation& operation) {
  try {
    operation.run(*session_);
  } catch (const std::exception& bug) {
    session_->connection().fail({.extended_code = SQLITE_INTERNAL, .what = bug.what()});
  }
  return !session_->connection().failed();
}

Severity Writer::judge_failure(std::string_view event) {
  const Failure failure = session_->connection().take_failure().value_or(Failure());
  base::log(base::LogLevel::error, event, {{"code", failure.extended_code}, {"what", failure.what}});
  const Severity severity = failure.severity();
  if (severity == Severity::passing) {
    health_ = Health::paused;
    next_probe_ = std::chrono::steady_clock::now() + options_.probe_interval;
  } else if (severity == Severity::final) {
    health_ = Health::lost;
    unreported_loss_ = unavailable(failure.what);
  }
  return severity;
}

void Writer::probe_when_due() {
  if (health_ != Health::paused || std::chrono::steady_clock::now() < next_probe_) return;
  next_probe_ = std::chrono::steady_clock::now() + options_.probe_interval;
  if (has_room(session_->connection(), options_.probe_file)) {
    health_ = Health::good;
    base::log(base::LogLevel::info, "store_writable_again");
  } else if (session_->connection().failed()) {
    judge_failure("store_probe_failed");
  }
}

void Writer::report_loss() {
  if (!unreported_loss_) return;
  const base::Error loss = *std::exchange(unreported_loss_, std::nullopt);
  if (options_.on_fatal) options_.on_fatal(loss);
}

void Writer::answer(async::JobList jobs) {
  std::size_t queued = 0;
  jobs.each([&](async::Job& job) { queued += static_cast<Operation&>(job).queued() ? 1U : 0U; });
  queued_.fetch_sub(queued, std::memory_order_relaxed);
  {
    const std::lock_guard lock(counts_mutex_);
    counts_ = session_->books().counts();
  }
  async::JobList news = session_->books().watches().take_news();
  while (async::Job* job = news.pop_front()) jobs.push_back(*job);
  async::complete_all(std::move(jobs));
}

void Writer::checkpoint_when_due() {
  if (!writable() || !wal_.checkpoint_due()) return;
  if (wal_.checkpoint().has_error()) judge_failure("store_checkpoint_failed");
}

}  // namespace parley::store::sqlite
