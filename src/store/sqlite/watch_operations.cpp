#include "store/sqlite/watch_operations.h"

#include "store/sqlite/authentication.h"

namespace parley::store::sqlite {
namespace {

/// Soon enough for one who closed a window and opens another.
constexpr std::chrono::seconds retry_when_watched{5};

base::Error too_many_watches() {
  return {.code = base::ErrorCode::too_many_requests,
          .message = "This account is watched in too many places at once.",
          .detail = "",
          .retry_after = retry_when_watched};
}

}  // namespace

base::Result<bool> begin_watch(Session& session, const std::shared_ptr<Watcher>& watcher) {
  TRY(const Caller caller, authenticated(session, watcher->credential()));
  Account& account = *caller.account;
  if (account.watchers.size() >= static_cast<std::size_t>(watches_per_account_max)) return too_many_watches();
  TRY(const bool all_counted, session.books().count_all(account));
  if (!all_counted) return false;
  TRY(const bool day_counted, session.books().count_day(account, day_of(session.now())));
  if (!day_counted) return false;
  session.books().watch(account, watcher, caller.key);
  return true;
}

class WatchGuard::End final : public Operation {
 public:
  explicit End(std::shared_ptr<Watcher> watcher) noexcept : Operation(nullptr), watcher_(std::move(watcher)) {}

  void run(Session& session) override { session.books().unwatch(watcher_->credential().account, *watcher_); }
  void refuse(const base::Error&) override {}
  bool needs_file() const noexcept override { return false; }
  bool queued() const noexcept override { return false; }
  void complete() noexcept override { delete this; }

 private:
  std::shared_ptr<Watcher> watcher_;
};

WatchGuard::WatchGuard(Writer& writer, std::shared_ptr<Watcher> watcher)
    : writer_(writer), watcher_(std::move(watcher)), end_(std::make_unique<End>(watcher_)) {}

WatchGuard::~WatchGuard() {
  watcher_->end();
  writer_.push(*end_.release());
}

}  // namespace parley::store::sqlite
