#include "store/sqlite/watches.h"

#include <algorithm>

#include "store/sqlite/books.h"

namespace parley::store::sqlite {
namespace {

/// The job that is on its way.
class News final : public async::Job {
 public:
  explicit News(std::shared_ptr<Watcher> watcher) noexcept : Job(&watcher->home()), watcher_(std::move(watcher)) {}

  void complete() noexcept override {
    const std::shared_ptr<Watcher> watcher = std::move(watcher_);
    delete this;
    watcher->tell();
  }

 private:
  std::shared_ptr<Watcher> watcher_;
};

bool equal(const Figures& left, const Figures& right) noexcept {
  return left.balance.posted == right.balance.posted && left.balance.held == right.balance.held &&
         left.spent == right.spent && left.spent_today == right.spent_today;
}

bool expired(const ApiKey& key, base::Timestamp now) noexcept {
  return key.row.expires && *key.row.expires <= now;
}

bool is_proof(const Presented& credential, std::optional<base::KeyId> key_id, const AccountState& state,
              base::Timestamp now) {
  if (state.disabled) return false;
  if (key_id) {
    const ApiKey* key = state.key(*key_id);
    return key != nullptr && !expired(*key, now);
  }
  return state.login_token && crypto::equal(*state.login_token, credential.digest);
}

// A charge of a new day makes the day known, so that on a day that is not, nothing was spent yet.
Figures figures_of(const AccountState& state, base::Timestamp now) {
  const Spending& spending = *state.spending;
  const bool of_today = spending.day() == day_of(now);
  return {.balance = state.balance(),
          .spent = spending.in_all(),
          .spent_today = of_today ? spending.of_day() : base::Tokens()};
}

}  // namespace

bool Watcher::leave(std::optional<Figures> figures) {
  const auto* left = new std::optional<Figures>(figures);
  const auto* untold = newest_.exchange(left);
  delete untold;
  return untold == nullptr;
}

void Watcher::tell() {
  const std::unique_ptr<const std::optional<Figures>> newest(newest_.exchange(nullptr));
  // Whoever is told may end the watching.
  TellFigures tell = std::exchange(tell_, nullptr);
  if (!tell || !newest) return;
  tell(*newest);
  if (!ended_) tell_ = std::move(tell);
}

void Watcher::end() noexcept {
  ended_ = true;
  tell_ = nullptr;
}

void Watches::add(Account& account, std::shared_ptr<Watcher> watcher, std::optional<base::KeyId> key) {
  watcher->key_ = key;
  watcher->left_.reset();
  added_.push_back({.account = &account, .watcher = watcher.get()});
  next_look_ = std::min(next_look_, next_change(account, *watcher, clock_.now()));
  account.watchers.push_back(std::move(watcher));
  watched_.insert(&account);
}

void Watches::remove(Account& account, const Watcher& watcher) {
  std::erase_if(account.watchers, [&](const auto& other) { return other.get() == &watcher; });
  if (account.watchers.empty()) watched_.erase(&account);
}

void Watches::remove_all() {
  for (Account* account : watched_) account->watchers.clear();
  watched_.clear();
}

void Watches::accept(Account& account) {
  if (!account.watchers.empty()) tell_all(account, clock_.now());
}

void Watches::undo() {
  for (const Added& added : added_) remove(*added.account, *added.watcher);
  added_.clear();
}

void Watches::look_at_the_clock() {
  if (watched_.empty() || clock_.now() < next_look_) return;
  const base::Timestamp now = clock_.now();
  next_look_ = base::Timestamp::max();
  const std::vector<Account*> accounts(watched_.begin(), watched_.end());
  for (Account* account : accounts) {
    tell_all(*account, now);
    for (const auto& watcher : account->watchers) {
      next_look_ = std::min(next_look_, next_change(*account, *watcher, now));
    }
  }
}

base::Timestamp Watches::next_change(const Account& account, const Watcher& watcher, base::Timestamp now) {
  const base::Timestamp tomorrow = day_of(now) + std::chrono::days(1);
  const ApiKey* key = watcher.key_ ? account.state.key(*watcher.key_) : nullptr;
  return key != nullptr && key->row.expires ? std::min(tomorrow, *key->row.expires) : tomorrow;
}

void Watches::tell_all(Account& account, base::Timestamp now) {
  const Figures figures = figures_of(account.state, now);
  std::erase_if(account.watchers, [&](const std::shared_ptr<Watcher>& watcher) {
    const bool good = is_proof(watcher->credential(), watcher->key_, account.state, now);
    if (!good) {
      send(watcher, std::nullopt);
    } else if (!watcher->left_ || !equal(*watcher->left_, figures)) {
      send(watcher, figures);
      watcher->left_ = figures;
    }
    return !good;
  });
  if (account.watchers.empty()) watched_.erase(&account);
}

void Watches::send(const std::shared_ptr<Watcher>& watcher, std::optional<Figures> figures) {
  if (watcher->leave(figures)) news_.push_back(*new News(watcher));
}

}  // namespace parley::store::sqlite
