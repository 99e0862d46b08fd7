#pragma once
// From the bytes that a program writes to lines of limited length.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace parley::engines {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// Calls `hear` with each line that is complete, without its "\n" or "\r\n"; a longer one comes in pieces.
  template <class Hear>
  void take(std::string_view bytes, const Hear& hear) {
    while (!bytes.empty()) {
      const std::size_t room = line_bytes_max_ - line_.size();
      const std::size_t end = std::min(bytes.find('\n'), bytes.size());
      const bool complete = end < bytes.size() && end <= room;
      const std::size_t taken = std::min(end, room);
      line_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken + (complete ? 1 : 0));
      if (complete || line_.size() == line_bytes_max_) say(hear);
    }
  }

  /// The line that never got its end, if there is one.
  template <class Hear>
  void finish(const Hear& hear) {
    if (!line_.empty()) say(hear);
  }

 private:
  template <class Hear>
  void say(const Hear& hear) {
    if (line_.ends_with('\r')) line_.pop_back();
    hear(std::string_view(line_));
    line_.clear();
  }

  std::size_t line_bytes_max_;
  std::string line_;
};

}  // namespace parley::engines
