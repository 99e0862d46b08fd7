#pragma once
// Asking a store from a test, one question at a time.

#include <gtest/gtest.h>

#include <functional>

#include "async/run_to_end.h"
#include "store/store.h"

namespace parley::store {

inline base::Tokens tokens(std::int64_t count) {
  return base::Tokens::from(count).value();
}

/// The digest of "the secret with this number".
inline crypto::Digest secret(std::uint64_t number) {
  return crypto::digest_of(std::as_bytes(std::span(&number, 1)));
}

/// Waits for each answer on an event loop of its own. The store outlives it.
class Asking {
 public:
  explicit Asking(Store& store) : store_(&store) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  /// A worker may not have returned yet from posting its last answer to the loop that goes now.
  ~Asking() { store_->drain(); }

  template <class T>
  T ask(async::Task<T> task) {
    return async::run_to_end(context_, std::move(task));
  }

  /// The loop that asks: what is posted to it runs while it waits for an answer.
  async::Executor loop() { return context_.get_executor(); }
  /// Runs the loop until this is true, which it must be soon.
  void await(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      context_.restart();
      context_.run_for(std::chrono::milliseconds(5));
    }
  }

  /// A new account that presents secret(1).
  Presented open_account(const std::string& name, std::int64_t balance = 4000) {
    const auto account = ask(store_->create_account({.username = name,
                                                     .username_key = name,
                                                     .password_hash = "hash of " + name,
                                                     .opening_balance = tokens(balance)}))
                             .value();
    ask(store_->replace_login_token(account, "hash of " + name, secret(1))).value();
    return {.account = account, .digest = secret(1)};
  }
  /// A new API key of who presents `login`, with secret(number).
  Presented open_key(const Presented& login, std::uint64_t number, std::optional<base::Tokens> limit = std::nullopt,
                     std::optional<base::Timestamp> expires = std::nullopt) {
    const NewKey key{.name = "key", .digest = secret(number), .limit = limit, .expires = expires};
    ask(store_->create_key(login, key)).value();
    return {.account = login.account, .digest = secret(number), .kind = CredentialKind::api_key};
  }
  std::vector<KeySummary> keys(const Presented& login) { return ask(store_->list_keys(login)).value(); }
  Balance balance(const Presented& credential) { return ask(store_->balance(credential)).value(); }
  /// A hold that must succeed.
  Hold hold(const Presented& credential, std::int64_t amount) {
    auto decision = ask(store_->hold({.credential = credential, .amount = tokens(amount)})).value();
    return std::move(std::get<Held>(decision).hold);
  }
  base::Result<Settled> settle(Hold hold, std::int64_t charge, std::string message = "question",
                               std::string response = "answer") {
    return ask(store_->settle(
        std::move(hold), {.charge = tokens(charge), .message = std::move(message), .response = std::move(response)}));
  }

  void ask_instead(Store& store) { store_ = &store; }

 private:
  boost::asio::io_context context_{1};
  Store* store_;
};

template <class T>
std::string code_of(const base::Result<T>& result) {
  return result.has_error() ? std::string(name_of(result.error().code)) : "ok";
}

inline bool operator==(const Balance& left, const Balance& right) {
  return left.posted == right.posted && left.held == right.held;
}
inline std::ostream& operator<<(std::ostream& out, const Balance& balance) {
  return out << balance.posted.count() << " posted, " << balance.held.count() << " held";
}
inline bool operator==(const Allowance& left, const Allowance& right) {
  return left.limit == right.limit && left.left == right.left && left.renewed == right.renewed;
}
inline std::ostream& operator<<(std::ostream& out, const Allowance& allowance) {
  out << "limit " << static_cast<int>(allowance.limit) << ": " << allowance.left;
  return allowance.renewed ? out << ", renewed " << allowance.renewed->time_since_epoch().count() : out;
}
inline bool operator==(const Figures& left, const Figures& right) {
  return left.balance == right.balance && left.spent == right.spent && left.spent_today == right.spent_today;
}
inline std::ostream& operator<<(std::ostream& out, const Figures& figures) {
  return out << figures.balance << ", " << figures.spent.count() << " spent, " << figures.spent_today.count()
             << " of it today";
}
inline Balance balance_of(std::int64_t posted, std::int64_t held = 0) {
  return {.posted = tokens(posted), .held = tokens(held)};
}

}  // namespace parley::store
