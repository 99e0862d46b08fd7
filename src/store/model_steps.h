#pragma once
// The random steps that the model's test takes.

#include <rapidcheck.h>

#include <cstdint>
#include <ostream>

namespace parley::store {

inline constexpr int names = 3;

/// One step: what, on which account or hold, with which number, and how.
struct Step {
  enum Kind {
    create,
    log_in,
    log_out,
    disable,
    enable,
    hold,
    settle,
    release,
    post,
    change_password,
    create_key,
    end_key,
    limit_account,
    limit_key,
    erase,
    erase_conversation,
    wait,
    reopen,
    cut_power
  } kind;
  int which;
  std::int64_t amount;
  unsigned how;
  /// What is wrong with the machine meanwhile.
  enum Trouble { none, full_disk, broken_disk } trouble = none;
};

inline std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{" << step.kind << ", " << step.which << ", " << step.amount << ", " << step.how << ", "
             << step.trouble << "}";
}

inline rc::Gen<Step> any_step() {
  // Holds and settlements come more often than the rest.
  const auto kind = rc::gen::weightedElement<Step::Kind>({{4, Step::create},
                                                          {6, Step::log_in},
                                                          {1, Step::log_out},
                                                          {1, Step::disable},
                                                          {1, Step::enable},
                                                          {16, Step::hold},
                                                          {12, Step::settle},
                                                          {3, Step::release},
                                                          {4, Step::post},
                                                          {1, Step::change_password},
                                                          {6, Step::create_key},
                                                          {1, Step::end_key},
                                                          {3, Step::limit_account},
                                                          {3, Step::limit_key},
                                                          {1, Step::erase},
                                                          {2, Step::erase_conversation},
                                                          {2, Step::wait},
                                                          {1, Step::reopen},
                                                          {1, Step::cut_power}});
  const auto trouble =
      rc::gen::weightedElement<Step::Trouble>({{24, Step::none}, {2, Step::full_disk}, {1, Step::broken_disk}});
  // Of full size also in short sequences: ranges would begin at their lower ends.
  return rc::gen::resize(rc::kNominalSize, rc::gen::construct<Step>(kind, rc::gen::inRange(0, names),
                                                                    rc::gen::inRange<std::int64_t>(-40, 160),
                                                                    rc::gen::inRange(0U, 240U), trouble));
}

}  // namespace parley::store
