#include "async/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "async/loop.h"

namespace parley::async {
namespace {

struct Counted final : Job {
  Counted(asio::io_context* home, std::atomic<int>& completed, std::atomic<int>& destroyed)
      : Job(home), completed_(completed), destroyed_(destroyed) {}
  ~Counted() override { ++destroyed_; }
  void complete() noexcept override {
    ++completed_;
    delete this;
  }
  std::atomic<int>& completed_;
  std::atomic<int>& destroyed_;
};

TEST(Mailbox, LosesNothingBetweenManyLoopsAndOneWorker) {
  constexpr int per_loop = 20'000;
  std::atomic<int> completed{0};
  std::atomic<int> destroyed{0};
  Mailbox<Counted> mailbox;
  std::atomic<bool> done{false};
  Loop first("first");
  Loop second("second");
  std::thread worker([&] {
    while (!done) complete_all(mailbox.take(std::chrono::milliseconds(1000)));
  });
  for (Loop* loop : {&first, &second}) {
    asio::post(loop->context(), [&, loop] {
      for (int i = 0; i < per_loop; ++i) {
        asio::post(loop->context(), [&, loop] { mailbox.push(*new Counted(&loop->context(), completed, destroyed)); });
      }
    });
  }
  while (completed < 2 * per_loop) std::this_thread::yield();
  done = true;
  mailbox.wake();
  worker.join();
  EXPECT_EQ(destroyed, 2 * per_loop);
}

TEST(Mailbox, KeepsTheOrderOfOneSender) {
  std::atomic<int> ignored{0};
  Mailbox<Counted> mailbox;
  std::vector<Job*> pushed;
  for (int i = 0; i < 5; ++i) {
    auto* job = new Counted(nullptr, ignored, ignored);
    pushed.push_back(job);
    mailbox.push(*job);
  }
  JobList taken = mailbox.take(std::chrono::milliseconds(0));
  std::vector<Job*> seen;
  taken.each([&](Job& job) { seen.push_back(&job); });
  EXPECT_EQ(seen, pushed);
}

/// Finds out how many handlers wait on a loop when it is completed.
struct Counting final : Job {
  Counting(asio::io_context& loop, std::size_t& found) : Job(nullptr), loop_(loop), found_(found) {}
  void complete() noexcept override {
    found_ = loop_.poll();
    delete this;
  }
  asio::io_context& loop_;
  std::size_t& found_;
};

TEST(Mailbox, WhoWaitsOnTheWorkersOwnThreadIsAnsweredAfterTheLoops) {
  std::atomic<int> completed{0};
  std::atomic<int> destroyed{0};
  std::size_t found = 0;
  asio::io_context loop{1};
  JobList jobs;
  jobs.push_back(*new Counted(&loop, completed, destroyed));
  jobs.push_back(*new Counting(loop, found));
  complete_all(std::move(jobs));
  EXPECT_EQ(found, 1U);
  EXPECT_EQ(completed, 1);
}

TEST(Mailbox, DestroysWhatNobodyTook) {
  std::atomic<int> completed{0};
  std::atomic<int> destroyed{0};
  {
    Mailbox<Counted> mailbox;
    mailbox.push(*new Counted(nullptr, completed, destroyed));
  }
  EXPECT_EQ(completed, 0);
  EXPECT_EQ(destroyed, 1);
}

TEST(Mailbox, AWorkerWithoutWorkComesBackEmptyHanded) {
  Mailbox<Counted> mailbox;
  EXPECT_TRUE(mailbox.take(std::chrono::milliseconds(1)).empty());
}

}  // namespace
}  // namespace parley::async
