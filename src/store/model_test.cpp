// Random sequences of operations, restarts, power cuts and full disks on every keeper, beside a model so plain that it
// can be seen to be right. RC_PARAMS sets how many and which (docs/reliability.md).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdio>

#include "store/side_by_side.h"
#include "store/sqlite/keeper_on_machine.h"

namespace parley::store {
namespace {

/// Counts the steps taken and says so at the end, since how many there are is what the sequences' sizes make of it.
class StepCount : public testing::Environment {
 public:
  void TearDown() override { std::printf("the model took %lld steps\n", static_cast<long long>(steps)); }
  std::int64_t steps = 0;
};
StepCount& step_count = static_cast<StepCount&>(*testing::AddGlobalTestEnvironment(new StepCount));

void side_by_side(const MachineKind& kind) {
  const auto steps = *rc::gen::scale(3, rc::gen::container<std::vector<Step>>(any_step()));
  SideBySide both(kind);
  // Two accounts that are logged in, with an API key each, so that short sequences get somewhere too.
  for (const int which : {0, 1}) {
    both.take({.kind = Step::create, .which = which, .amount = 100, .how = 0});
    both.take({.kind = Step::log_in, .which = which, .amount = 0, .how = 0});
    both.take({.kind = Step::create_key, .which = which, .amount = 150, .how = 2});
  }
  step_count.steps += std::ssize(steps);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    both.take(steps[i]);  // which compares what is answered
    if (i % 4 == 0) both.compare();
  }
  both.compare_all();
}

RC_GTEST_PROP(Model, TheSqliteKeeperDoesWhatTheModelDoes, ()) {
  side_by_side(sqlite::sqlite_keeper_on_machine());
}

RC_GTEST_PROP(Model, TheForgetfulSqliteKeeperDoesWhatTheModelDoes, ()) {
  side_by_side(sqlite::forgetful_sqlite_keeper_on_machine());
}

}  // namespace
}  // namespace parley::store
