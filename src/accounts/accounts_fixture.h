#pragma once
// For tests: accounts over a store in memory, a clock that stands still, and cheap hashes.

#include <gtest/gtest.h>

#include "accounts/accounts.h"
#include "accounts/credential.h"
#include "accounts/memory_store.h"
#include "async/run_to_end.h"
#include "base/manual_clock.h"

namespace parley::accounts {

inline Settings cheap_settings() {
  return {.starting_balance = base::Tokens::from(4000).value(),
          .registration_open = true,
          .invitation_code = {},
          .refuse_common_passwords = false,
          .rates = {},
          .password_cost = {.memory_kib = 8, .passes = 1}};
}

class AccountsTest : public testing::Test {
 protected:
  /// With these settings, from here on.
  void use(Settings settings, async::OffloadLimits limits = {.threads = 1, .queued_jobs_max = 1000}) {
    accounts_.reset();
    hashing_ = std::make_unique<async::OffloadPool>(limits);
    accounts_ = std::make_unique<Accounts>(store_, *hashing_, clock_, context_.get_executor(), std::move(settings));
  }
  void SetUp() override { use(cheap_settings()); }

  /// Hashing that is always overloaded: shows what comes before it.
  void overload(Settings settings = cheap_settings()) {
    use(std::move(settings), {.threads = 1, .queued_jobs_max = 0});
  }

  template <class T>
  T run(async::Task<T> task) {
    return async::run_to_end(context_, std::move(task));
  }

  base::Result<std::string> register_account(std::string username, std::string password,
                                             std::optional<std::string> address = std::nullopt) {
    return run(accounts_->register_account(std::move(username), std::move(password), std::nullopt, std::move(address)));
  }
  base::Result<std::string> login(std::string username, std::string password,
                                  std::optional<std::string> address = std::nullopt) {
    return run(accounts_->login(std::move(username), std::move(password), std::move(address)));
  }
  base::Result<void> change_password(const store::Presented& credential, std::string current, std::string next) {
    return run(accounts_->change_password(credential, std::move(current), std::move(next), std::nullopt));
  }
  static store::Presented credential_of(const base::Result<std::string>& token) {
    return parse_credential(token.value()).value();
  }
  bool authenticates(const store::Presented& credential) { return run(store_.authenticate(credential)).has_value(); }

  async::asio::io_context context_{1};
  const async::asio::executor_work_guard<async::Executor> work_{context_.get_executor()};
  base::ManualClock clock_;
  MemoryStore store_;
  std::unique_ptr<async::OffloadPool> hashing_;
  std::unique_ptr<Accounts> accounts_;
};

/// What an error says, for one comparison: "field: sentence", or "code: sentence".
template <class T>
std::string said(const base::Result<T>& result) {
  if (result.has_value()) return "(no error)";
  const base::Error& error = result.error();
  return (error.field.empty() ? std::string(base::name_of(error.code)) : error.field) + ": " + error.message;
}

}  // namespace parley::accounts
