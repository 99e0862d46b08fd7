#include "http/chunk_decoder.h"

#include <algorithm>

#include "http/grammar.h"

namespace parley::http {
namespace {

constexpr std::size_t size_digits_max = 16;  // 64 bits

}  // namespace

std::size_t ChunkDecoder::decode(std::string_view input, std::string& body) {
  std::size_t taken = 0;
  while (taken < input.size() && !complete() && !refusal_) {
    if (state_ == State::data) {
      taken += take_data(input.substr(taken), body);
    } else {
      take(input[taken++]);
    }
  }
  return taken;
}

std::size_t ChunkDecoder::take_data(std::string_view input, std::string& body) {
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes_, input.size()));
  body.append(input.substr(0, bytes));
  chunk_bytes_ -= bytes;
  if (chunk_bytes_ == 0) state_ = State::data_cr;
  return bytes;
}

void ChunkDecoder::take(char c) noexcept {
  switch (state_) {
    case State::size_first:
    case State::size:
      if (const auto digit = hex_digit_value(c)) return take_size_digit(*digit);
      return take_size_end(c);
    case State::before_extension:
    case State::extension: return take_extension(c);
    case State::size_lf:
      expect(c, '\n', State::data);
      if (!refusal_) begin_chunk();
      return;
    case State::data: return;
    case State::data_cr: return expect(c, '\r', State::data_lf);
    case State::data_lf: return expect(c, '\n', State::size_first);
    case State::line_first:
    case State::trailer_name:
    case State::trailer_value:
    case State::trailer_lf: return take_trailer(c);
    case State::last_lf: return expect(c, '\n', State::complete);
    case State::complete: return;
  }
}

void ChunkDecoder::take_size_digit(unsigned digit) noexcept {
  if (++size_digits_ > size_digits_max) return refuse(400, "A chunk's size is too long.");
  chunk_bytes_ = chunk_bytes_ * 16 + digit;
  if (chunk_bytes_ > body_bytes_max_ - body_bytes_) return refuse(413, "The body is too large.");
  state_ = State::size;
}

void ChunkDecoder::take_size_end(char c) noexcept {
  if (state_ == State::size_first) return refuse(400, "A chunk has no size.");
  if (c == '\r') {
    state_ = State::size_lf;
  } else if (c == ';' || c == ' ') {
    state_ = State::before_extension;
    take_extension(c);
  } else {
    refuse(400, "A chunk's size is malformed.");
  }
}

void ChunkDecoder::take_extension(char c) noexcept {
  if (c == '\r' && state_ == State::extension) {
    state_ = State::size_lf;
    return;
  }
  if (is_control(c)) return refuse(400, "A chunk extension contains a control character.");
  if (state_ == State::before_extension && c != ' ' && c != ';') return refuse(400, "A chunk's size is malformed.");
  if (c == ';') state_ = State::extension;
  if (++extension_bytes_ > chunk_extension_bytes_max || ++extensions_bytes_ > chunk_extensions_total_bytes_max) {
    refuse(400, "A chunk extension is too long.");
  }
}

void ChunkDecoder::begin_chunk() noexcept {
  body_bytes_ += static_cast<std::size_t>(chunk_bytes_);
  size_digits_ = 0;
  extension_bytes_ = 0;
  if (chunk_bytes_ == 0) state_ = State::line_first;
}

void ChunkDecoder::take_trailer(char c) noexcept {
  if (++trailer_bytes_ > trailer_bytes_max) return refuse(431, "The trailers are too long.");
  if (state_ == State::trailer_lf) return expect(c, '\n', State::line_first);
  if (c == '\r' && state_ == State::line_first) {
    state_ = State::last_lf;
  } else if (c == '\r' && state_ == State::trailer_value) {
    state_ = State::trailer_lf;
  } else if (state_ == State::trailer_value) {
    if (is_control(c) && c != '\t') refuse(400, "A trailer contains a control character.");
  } else if (c == ':' && state_ == State::trailer_name) {
    state_ = State::trailer_value;
  } else if (is_token_character(c)) {
    state_ = State::trailer_name;
  } else {
    refuse(400, "A trailer's name is invalid.");
  }
}

void ChunkDecoder::expect(char c, char expected, State next) noexcept {
  if (c != expected) return refuse(400, "A chunk's end is malformed.");
  state_ = next;
}

}  // namespace parley::http
