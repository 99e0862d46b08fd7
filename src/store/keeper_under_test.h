#pragma once
// What the conformance tests need of a keeper, beyond the contract itself.

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "base/manual_clock.h"
#include "store/store.h"
#include "store/verify_report.h"

namespace parley::store {

/// A keeper with storage of its own, empty at first.
class KeeperUnderTest {
 public:
  KeeperUnderTest() = default;
  KeeperUnderTest(const KeeperUnderTest&) = delete;
  KeeperUnderTest& operator=(const KeeperUnderTest&) = delete;
  virtual ~KeeperUnderTest() = default;

  virtual Store& store() = 0;
  /// Ends the store and opens another on the same storage.
  virtual void reopen() = 0;
  virtual VerifyReport verify() = 0;

  base::ManualClock clock;
};

struct KeeperKind {
  std::string name;
  std::function<std::unique_ptr<KeeperUnderTest>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const KeeperKind& kind) {
  return out << kind.name;
}

}  // namespace parley::store
