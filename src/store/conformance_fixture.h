#pragma once
// What the conformance tests share: one keeper, and the questions that are put to it.

#include <gtest/gtest.h>

#include "store/sqlite/keeper_under_test.h"
#include "store/store_fixture.h"

namespace parley::store {

class OnEveryKeeper : public testing::TestWithParam<KeeperKind> {
 protected:
  Store& store() { return keeper_->store(); }
  void reopen() {
    keeper_->reopen();
    asking_.ask_instead(store());
  }
  template <class T>
  T ask(async::Task<T> task) {
    return asking_.ask(std::move(task));
  }
  template <class T>
  std::string code(async::Task<base::Result<T>> task) {
    return code_of(asking_.ask(std::move(task)));
  }

  std::unique_ptr<KeeperUnderTest> keeper_ = GetParam().make();
  Asking asking_{keeper_->store()};
};

inline auto every_keeper() {
  return testing::Values(sqlite::sqlite_keeper(), sqlite::forgetful_sqlite_keeper());
}
inline std::string keeper_name(const testing::TestParamInfo<KeeperKind>& instance) {
  return instance.param.name;
}

}  // namespace parley::store
