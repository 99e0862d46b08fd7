#pragma once
// The Date header's value, made once a second.

#include <ctime>
#include <string>
#include <string_view>

namespace parley::http {

/// An IMF-fixdate (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::time_t time);

/// Keeps the text of the second it was last told of.
class DateCache {
 public:
  void update(std::time_t now) {
    if (now == time_) return;
    time_ = now;
    text_ = http_date(now);
  }
  std::string_view text() const noexcept { return text_; }

 private:
  std::time_t time_ = -1;
  std::string text_;
};

}  // namespace parley::http
