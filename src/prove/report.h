#pragma once
// What the proof found, as a table on standard output.

#include <chrono>
#include <cstdint>

#include "prove/judge.h"
#include "prove/plan.h"
#include "store/store.h"
#include "store/verify_report.h"

namespace parley::prove {

struct Findings {
  Plan plan;
  std::chrono::milliseconds raced{0};
  std::chrono::microseconds cpu{0};  ///< of the whole process while it raced
  std::int64_t engine_kills = 0;
  bool drained = true;  ///< all that was under way finished when the server was stopped
  Verdict verdict;
  store::HoldCounts holds;  ///< once the server had stopped
  store::VerifyReport verify;

  /// Holds that did not end.
  std::int64_t open_holds() const noexcept { return holds.taken - holds.settled - holds.released; }
  bool clean() const noexcept {
    return verdict.clean() && open_holds() == 0 && holds.open == 0 && verify.sound() && drained;
  }
};

void print(const Findings& findings);

}  // namespace parley::prove
