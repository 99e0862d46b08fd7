#pragma once
// How far the race is, on standard error: a bar where that is a terminal, else a line now and then.

#include <chrono>
#include <cstdint>

namespace parley::prove {

class Progress {
 public:
  explicit Progress(std::chrono::seconds duration);

  /// Shows it where that is due.
  void show(std::chrono::milliseconds elapsed, std::int64_t chats, std::int64_t engine_kills);
  /// Clears the bar.
  void end();

 private:
  std::chrono::seconds duration_;
  bool terminal_;
  std::chrono::milliseconds next_{0};
};

}  // namespace parley::prove
