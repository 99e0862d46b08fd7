#include "prove/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace parley::prove {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds bar_period{100};
constexpr milliseconds line_period{1'000};
constexpr std::int64_t bar_columns = 30;

}  // namespace

Progress::Progress(std::chrono::seconds duration)
    : duration_(duration), terminal_(isatty(STDERR_FILENO) == 1), next_(terminal_ ? bar_period : line_period) {}

void Progress::show(milliseconds elapsed, std::int64_t chats, std::int64_t engine_kills) {
  if (elapsed < next_) return;
  next_ = elapsed + (terminal_ ? bar_period : line_period);
  const auto rate = static_cast<long long>(chats * 1'000 / std::max<std::int64_t>(1, elapsed.count()));
  const auto seconds = static_cast<long long>(elapsed.count() / 1'000);
  const auto whole = static_cast<long long>(duration_.count());
  const auto kills = static_cast<long long>(engine_kills);
  if (terminal_) {
    const auto done = static_cast<std::size_t>(std::min(bar_columns, elapsed * bar_columns / duration_));
    std::string bar(bar_columns, '.');
    std::fill_n(bar.begin(), done, '#');
    std::fprintf(stderr, "\r[%s] %lld of %lld s, %lld chats/s, %lld engine kills\x1b[K", bar.c_str(), seconds, whole,
                 rate, kills);
  } else {
    std::fprintf(stderr, "%lld of %lld s, %lld chats/s, %lld engine kills\n", seconds, whole, rate, kills);
  }
  std::fflush(stderr);
}

void Progress::end() {
  if (terminal_) std::fputs("\r\x1b[K", stderr);
}

}  // namespace parley::prove
