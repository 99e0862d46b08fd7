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

/// A keeper on a machine that can be harmed.
class KeeperOnMachine : public KeeperUnderTest {
 public:
  /// Until it is mended, nothing can be written for want of room.
  virtual void fill_disk() = 0;
  /// Returns once the store takes writes again.
  virtual void empty_disk() = 0;
  /// Ends the store by a power cut that takes what was not synced, and opens another on what is left.
  virtual void cut_power() = 0;
  /// From now on nothing can be synced, until the power was cut.
  virtual void break_disk() = 0;
};

struct MachineKind {
  std::string name;
  std::function<std::unique_ptr<KeeperOnMachine>()> make;
};

struct KeeperKind {
  std::string name;
  std::function<std::unique_ptr<KeeperUnderTest>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const KeeperKind& kind) {
  return out << kind.name;
}

}  // namespace parley::store
