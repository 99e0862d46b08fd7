#pragma once
// The structured log: one event a line, as key=value fields, to standard error. The only place with spdlog.
// Never log a secret, a message, a response or a request body.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace parley::base {

enum class LogLevel { debug, info, warning, error };

/// One field of a log line. A text value is quoted and escaped where it is not one plain word.
class LogField {
 public:
  LogField(std::string_view key, std::string_view value);
  LogField(std::string_view key, const char* value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, std::integral auto value) : key_(key), value_(std::to_string(value)) {}

  void append_to(std::string& line) const;

 private:
  std::string_view key_;
  std::string value_;
};

/// What is below the level is not written. Called once, at the start of the process; `info` before that.
void set_log_level(LogLevel level);

bool log_enabled(LogLevel level) noexcept;

/// Writes one line: time, level, event, fields. `event` is lower case words joined by '_'. Safe from any thread;
/// never throws (a line that can't be written is dropped).
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {}) noexcept;

}  // namespace parley::base
