#pragma once
// Watching an account, as the writer begins it and as its loop ends it.

#include <memory>

#include "store/sqlite/watches.h"
#include "store/sqlite/writer.h"
#include "store/store.h"

namespace parley::store::sqlite {

/// Keeps Store's contract for watch(). False where a later round is to be asked again: more charges are to be counted
/// than one round counts. May be run again after its round was undone.
base::Result<bool> begin_watch(Session& session, const std::shared_ptr<Watcher>& watcher);

/// The Watch of this keeper. What ends it is made with it, so that it cannot fail.
class WatchGuard final : public Watch {
 public:
  WatchGuard(Writer& writer, std::shared_ptr<Watcher> watcher);
  WatchGuard(const WatchGuard&) = delete;
  WatchGuard& operator=(const WatchGuard&) = delete;
  ~WatchGuard() override;

 private:
  class End;

  Writer& writer_;
  std::shared_ptr<Watcher> watcher_;
  std::unique_ptr<End> end_;
};

}  // namespace parley::store::sqlite
