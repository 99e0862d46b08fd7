#include "http/header_scan.h"

#include <algorithm>

#include "http/grammar.h"

namespace parley::http {

void HeaderScan::advance(std::string_view input) noexcept {
  while (position_ < input.size() && !complete_ && !refusal_) {
    const char c = input[position_++];
    if (position_ > position_max_) return refuse_length();
    if (after_cr_) {
      after_cr_ = false;
      if (c != '\n') return refuse(400, "A carriage return in the header block is not followed by a line feed.");
      end_line();
    } else if (c == '\r') {
      after_cr_ = true;
    } else if (c == '\n') {
      return refuse(400, "A line of the header block ends without a carriage return.");
    } else if (is_control(c) && c != '\t') {
      return refuse(400, "The header block contains a control character.");
    }
  }
}

void HeaderScan::begin_line() noexcept {
  constexpr std::size_t crlf_bytes = 2;
  line_begin_ = position_;
  position_max_ =
      std::min(line_begin_ + limits_.line_bytes_max + crlf_bytes, block_begin_ + limits_.header_block_bytes_max);
}

void HeaderScan::end_line() noexcept {
  const bool empty = position_ - line_begin_ == 2;
  if (empty && lines_ > 0) {
    complete_ = true;
  } else if (empty && block_begin_ > 0) {
    refuse(400, "The request begins with more than one empty line.");
  } else if (empty) {
    block_begin_ = position_;
  } else if (++lines_ > limits_.headers_max + 1) {
    refuse(431, "There are too many headers.");
  }
  begin_line();
}

void HeaderScan::refuse_length() noexcept {
  if (lines_ == 0) {
    refuse(414, "The request line is too long.");
  } else if (position_ - line_begin_ > limits_.line_bytes_max) {
    refuse(431, "A header is too long.");
  } else {
    refuse(431, "The headers are too long.");
  }
}

}  // namespace parley::http
