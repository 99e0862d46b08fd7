#pragma once
// Finds where a header block ends, in bytes that may come in any pieces, and stops at the first one that can't be part
// of any: a port scanner's or a TLS client's first byte is refused without waiting for a line.

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/limits.h"
#include "http/refusal.h"

namespace parley::http {

/// Scans one header block. What it lets through has only lines that end in CRLF (RFC 9112 section 2.2 lets a recipient
/// take a bare LF; we don't, since not everybody in front of us does), and neither NUL nor other control characters but
/// the tab (RFC 9110 section 5.5).
class HeaderScan {
 public:
  explicit HeaderScan(const Limits& limits) noexcept : limits_(limits) { begin_line(); }

  /// `input` begins with the same bytes as at the call before, and may have more. Goes on where that call stopped.
  void advance(std::string_view input) noexcept;

  bool complete() const noexcept { return complete_; }
  const std::optional<Refusal>& refusal() const noexcept { return refusal_; }

  /// Bytes before the block: the one empty line that RFC 9112 section 2.2 has a server skip, where there is one.
  std::size_t skipped() const noexcept { return block_begin_; }
  /// Just past the empty line that ends the block, once complete.
  std::size_t end() const noexcept { return position_; }

 private:
  void begin_line() noexcept;
  void end_line() noexcept;
  void refuse(int status, std::string_view sentence) noexcept { refusal_ = Refusal{status, sentence}; }
  void refuse_length() noexcept;

  const Limits& limits_;
  std::size_t position_ = 0;  // the next byte to look at
  std::size_t block_begin_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t position_max_ = 0;  // where the line or the block gets too long
  std::size_t lines_ = 0;         // ended ones, of the block
  bool after_cr_ = false;
  bool complete_ = false;
  std::optional<Refusal> refusal_;
};

}  // namespace parley::http
