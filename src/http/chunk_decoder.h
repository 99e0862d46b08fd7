#pragma once
// Decodes the chunked transfer coding (RFC 9112 section 7.1) from bytes that come in any pieces, as strictly as the
// grammar has it. Extensions and trailers are bounded and thrown away: a trailer merged into the headers could say what
// a proxy in front has already checked.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/limits.h"
#include "http/refusal.h"

namespace parley::http {

/// Decodes one body. Its outcome depends on the bytes alone, not on how they are split.
class ChunkDecoder {
 public:
  explicit ChunkDecoder(std::size_t body_bytes_max) noexcept : body_bytes_max_(body_bytes_max) {}

  /// Appends what it decodes to `body`; returns how many bytes of `input` it took: all, unless the body has ended or is
  /// refused (400; 413 above `body_bytes_max`, as soon as a chunk's size says so; 431 for trailers too long).
  std::size_t decode(std::string_view input, std::string& body);

  bool complete() const noexcept { return state_ == State::complete; }
  const std::optional<Refusal>& refusal() const noexcept { return refusal_; }

 private:
  enum class State : std::uint8_t {
    size_first,  // at least one digit
    size,
    before_extension,  // spaces, then ';'
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    line_first,  // a trailer's name, or the last CRLF
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf,
    complete,
  };

  std::size_t take_data(std::string_view input, std::string& body);
  void take(char c) noexcept;
  void take_size_digit(unsigned digit) noexcept;
  void take_size_end(char c) noexcept;
  void take_extension(char c) noexcept;
  void take_trailer(char c) noexcept;
  void begin_chunk() noexcept;
  void expect(char c, char expected, State next) noexcept;
  void refuse(int status, std::string_view sentence) noexcept { refusal_ = Refusal{status, sentence}; }

  std::size_t body_bytes_max_;
  std::size_t body_bytes_ = 0;     // decoded so far, the current chunk's rest included
  std::uint64_t chunk_bytes_ = 0;  // of the current chunk, still to come
  std::size_t size_digits_ = 0;
  std::size_t extension_bytes_ = 0;  // of the current chunk
  std::size_t extensions_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  State state_ = State::size_first;
  std::optional<Refusal> refusal_;
};

}  // namespace parley::http
