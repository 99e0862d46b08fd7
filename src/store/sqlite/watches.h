#pragma once
// Who watches which account, and the news that each round has for them.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "async/mailbox.h"
#include "base/clock.h"
#include "store/store.h"

namespace parley::store::sqlite {

struct Account;

/// One who watches an account. The writer leaves the newest figures, the home loop tells them; one job at most is on
/// its way between them.
class Watcher {
 public:
  Watcher(Presented credential, boost::asio::io_context& home, TellFigures tell)
      : credential_(credential), home_(home), tell_(std::move(tell)) {}
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher() { delete newest_.load(); }

  const Presented& credential() const noexcept { return credential_; }
  boost::asio::io_context& home() const noexcept { return home_; }

  /// For the writer: takes the place of what was left before and not yet told. True where nothing was, so that a job
  /// must be sent.
  bool leave(std::optional<Figures> figures);

  /// For home: tells what was left last.
  void tell();
  /// For home: nothing is told any more.
  void end() noexcept;

 private:
  friend class Watches;

  const Presented credential_;
  boost::asio::io_context& home_;
  std::atomic<const std::optional<Figures>*> newest_{nullptr};

  // The writer's.
  std::optional<base::KeyId> key_;  ///< where the credential is an API key
  std::optional<Figures> left_;

  // The home loop's.
  TellFigures tell_;
  bool ended_ = false;
};

/// For the writer's thread alone. Accounts that are watched stay in memory, at one address.
class Watches {
 public:
  explicit Watches(const base::Clock& clock) : clock_(clock) {}

  /// Tells the watcher from the running round on; taken back with it. `key` is the API key that the credential is.
  void add(Account& account, std::shared_ptr<Watcher> watcher, std::optional<base::KeyId> key);
  /// Not taken back with the round: who left has left. Nothing where it isn't there any more.
  void remove(Account& account, const Watcher& watcher);
  void remove_all();

  /// The round's changes of this account stand.
  void accept(Account& account);
  /// All that changed was accepted.
  void end_round() noexcept { added_.clear(); }
  void undo();

  /// Tells what time itself changes: a day is over, a key expires. Costs nothing before that.
  void look_at_the_clock();

  /// What is to be sent to the watchers' loops.
  async::JobList take_news() noexcept { return std::move(news_); }

 private:
  struct Added {
    Account* account = nullptr;
    const Watcher* watcher = nullptr;
  };

  /// When time itself changes what this watcher is to be told.
  static base::Timestamp next_change(const Account& account, const Watcher& watcher, base::Timestamp now);
  void send(const std::shared_ptr<Watcher>& watcher, std::optional<Figures> figures);
  void tell_all(Account& account, base::Timestamp now);

  const base::Clock& clock_;
  std::unordered_set<Account*> watched_;
  std::vector<Added> added_;  ///< in the running round
  async::JobList news_;
  base::Timestamp next_look_ = base::Timestamp::max();  ///< time changes nothing before
};

}  // namespace parley::store::sqlite
