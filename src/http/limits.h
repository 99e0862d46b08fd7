#pragma once
// Every limit of the HTTP server, with its unit.

#include <chrono>
#include <cstddef>

namespace parley::http {

struct Limits {
  std::size_t header_block_bytes_max = 16 * 1024;  ///< request line and header lines; above: 431
  std::size_t line_bytes_max = 8 * 1024;           ///< one line without its CRLF; above: 414 or 431
  std::size_t headers_max = 100;                   ///< header lines; above: 431
  std::size_t body_bytes_max = 1024 * 1024;        ///< decoded; above: 413
  /// Sum of the bodies being held, where they did not come together with their header block; above: 503.
  std::size_t buffered_body_bytes_max = 256 * 1024 * 1024;

  std::chrono::milliseconds header_deadline{10'000};  ///< from a request's first byte to its header block; then 408
  std::chrono::milliseconds body_deadline{30'000};    ///< from the header block to the end of the body; then 408
  std::chrono::milliseconds idle_deadline{75'000};    ///< without a request; then the connection is closed
  std::chrono::milliseconds write_stall{30'000};      ///< without a byte taken by the client; then closed
  std::chrono::milliseconds stream_silence{15'000};   ///< of a streamed response, before it is kept alive
  std::chrono::milliseconds linger_deadline{1'000};   ///< for the client to close, after our last byte
  std::chrono::milliseconds tick{250};                ///< deadlines are looked at this often: they come up to two late

  std::size_t linger_bytes_max = 64 * 1024;  ///< read and thrown away while lingering
  std::size_t connections_max = 10'000;      ///< of one server; above: 503 and close
  std::size_t turned_away_max = 256;         ///< connections being told 503; above: closed without a word
  std::size_t warm_buffers_per_loop = 256;   ///< read buffers kept by each loop between requests, used or not
};

/// Of RFC 9112 section 7.1.1's chunk extensions, which nobody uses: for one chunk, and for a whole body.
inline constexpr std::size_t chunk_extension_bytes_max = 256;
inline constexpr std::size_t chunk_extensions_total_bytes_max = 8 * 1024;
/// Of a body's trailer section, which is thrown away.
inline constexpr std::size_t trailer_bytes_max = 8 * 1024;

}  // namespace parley::http
