#include "async/offload_pool.h"

#include <gtest/gtest.h>

#include <latch>

#include "async/loop.h"
#include "async/run_to_end.h"

namespace parley::async {
namespace {

TEST(OffloadPool, RunsTheWorkElsewhereAndAnswersOnTheLoop) {
  asio::io_context context{1};  // outlives the pool, whose threads post to it
  OffloadPool pool({.threads = 1, .queued_jobs_max = 4});
  const auto here = std::this_thread::get_id();
  const auto there = run_to_end(context, pool.run([] { return std::this_thread::get_id(); }));
  EXPECT_NE(there.value(), here);
}

TEST(OffloadPool, TurnsAnExceptionIntoAnInternalError) {
  asio::io_context context{1};  // outlives the pool, whose threads post to it
  OffloadPool pool({.threads = 1, .queued_jobs_max = 4});
  const auto result = run_to_end(context, pool.run([]() -> int { throw std::runtime_error("broke"); }));
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().code, base::ErrorCode::internal);
}

TEST(OffloadPool, AResultOfTheWorkIsTheAnswer) {
  asio::io_context context{1};  // outlives the pool, whose threads post to it
  OffloadPool pool({.threads = 1, .queued_jobs_max = 4});
  const base::Result<int> failed = run_to_end(context, pool.run([]() -> base::Result<int> {
    return base::Error{.code = base::ErrorCode::conflict, .message = "taken", .detail = {}};
  }));
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().code, base::ErrorCode::conflict);
  EXPECT_EQ(run_to_end(context, pool.run([] { return base::Result<int>(7); })).value(), 7);
}

Task<int> overloaded_among(OffloadPool& pool, std::latch& gate, int calls) {
  int overloaded = 0;
  int answered = 0;
  for (int i = 0; i < calls; ++i) {
    asio::co_spawn(co_await asio::this_coro::executor, pool.run([&gate] {
      gate.wait();
      return 1;
    }),
                   [&](std::exception_ptr, base::Result<int> result) {
                     ++answered;
                     if (result.has_error() && result.error().code == base::ErrorCode::overloaded) ++overloaded;
                     if (answered == 1) gate.count_down();
                   });
  }
  while (answered < calls) co_await asio::post(co_await asio::this_coro::executor, use_task);
  co_return overloaded;
}

TEST(OffloadPool, RefusesAtOnceWhatDoesNotFitItsQueue) {
  asio::io_context context{1};  // outlives the pool, whose threads post to it
  std::latch gate(1);
  OffloadPool pool({.threads = 1, .queued_jobs_max = 2});
  const int overloaded = run_to_end(context, overloaded_among(pool, gate, 10));
  EXPECT_GE(overloaded, 7);  // one runs, two wait
  EXPECT_LE(overloaded, 8);
}

}  // namespace
}  // namespace parley::async
