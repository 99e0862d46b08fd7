#pragma once
// For tests: one account with 250 tokens in a real store, a catalog of one model, and a loop that the test runs.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "async/run_to_end.h"
#include "base/manual_clock.h"
#include "base/metrics.h"
#include "engines/lineup.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/temporary_folder.h"

namespace parley::chat {

using base::operator""_tokens;

inline catalog::Model model_at(catalog::Price price, std::optional<std::int64_t> output_max = std::nullopt) {
  return {.name = "m", .routes = {{"scripted", "upstream-m"}}, .price = price, .output_max = output_max};
}

/// A catalog of one model, which this engine serves.
inline std::unique_ptr<engines::Lineup> lineup_of(std::unique_ptr<engines::Engine> engine,
                                                  catalog::Model model = model_at(catalog::FlatPrice{100_tokens})) {
  engines::EnginesByName engines;
  engines["scripted"] = std::move(engine);
  auto catalog = catalog::Catalog::create({std::move(model)});
  return engines::Lineup::create(*std::move(catalog), std::move(engines), std::chrono::seconds(60), nullptr).value();
}

class ChatFixture : public ::testing::Test {
 protected:
  ChatFixture() {
    store_ =
        store::sqlite::Keeper::open({.folder = folder_.path(), .clock = clock_, .on_fatal = [](const base::Error&) {}})
            .value();
    store::NewAccount account{
        .username = "ada", .username_key = "ada", .password_hash = "hash", .opening_balance = 250_tokens};
    credential_.account = run(store_->create_account(std::move(account))).value();
    credential_.digest = crypto::digest_of("secret");
    run(store_->replace_login_token(credential_.account, "hash", credential_.digest)).value();
  }

  /// What the store's thread posts to the loop has to be over before the loop is.
  ~ChatFixture() override { store_->drain(); }

  template <class T>
  T run(async::Task<T> task) {
    return async::run_to_end(context_, std::move(task));
  }

  /// Runs the loop until that is so.
  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "what was awaited did not come";
      if (context_.stopped()) context_.restart();
      context_.run_for(std::chrono::milliseconds(1));
    }
  }

  store::Balance balance() { return run(store_->balance(credential_)).value(); }

  /// No hold is open once the releases that were enqueued have been carried out.
  void expect_no_open_hold() {
    EXPECT_EQ(balance().held, 0_tokens);
    const store::HoldCounts counts = store_->hold_counts();
    EXPECT_EQ(counts.open, 0);
    EXPECT_EQ(counts.taken, counts.settled + counts.released);
  }

  // What is declared first is destroyed last: the store outlives the loop, whose coroutines may hold tokens.
  store::sqlite::TemporaryFolder folder_;
  base::ManualClock clock_;
  base::Metrics metrics_;
  std::unique_ptr<store::sqlite::Keeper> store_;
  async::asio::io_context context_{1};
  async::asio::executor_work_guard<async::Executor> work_{context_.get_executor()};
  store::Presented credential_;
};

}  // namespace parley::chat
