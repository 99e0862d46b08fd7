#pragma once
// The bytes that a connection has read and not yet used, in a buffer that it borrows from its loop: an idle connection
// holds none.

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace parley::http {

/// Buffers of one size for the connections of one loop. It lends as many as there are connections in the middle of a
/// request; `lent()` lets those between two requests keep within a limit.
class BufferPool {
 public:
  /// Keeps at most `kept_max` buffers that nobody uses.
  BufferPool(std::size_t buffer_bytes, std::size_t kept_max) noexcept
      : buffer_bytes_(buffer_bytes), kept_max_(kept_max) {}

  std::unique_ptr<char[]> borrow();
  void give_back(std::unique_ptr<char[]> buffer);
  std::size_t buffer_bytes() const noexcept { return buffer_bytes_; }
  std::size_t lent() const noexcept { return lent_; }

 private:
  std::size_t buffer_bytes_;
  std::size_t kept_max_;
  std::size_t lent_ = 0;
  std::vector<std::unique_ptr<char[]>> kept_;
};

class InputBuffer {
 public:
  explicit InputBuffer(BufferPool& pool) noexcept : pool_(pool) {}
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;
  ~InputBuffer() {
    consume(size());
    give_back_if_empty();
  }

  bool empty() const noexcept { return begin_ == end_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  std::string_view data() const noexcept { return {bytes_.get() + begin_, size()}; }

  /// Where more can be read to; borrows a buffer where there is none. May move what data() showed. Empty only while the
  /// buffer is full.
  boost::asio::mutable_buffer space();
  void commit(std::size_t bytes) noexcept { end_ += bytes; }
  void consume(std::size_t bytes) noexcept { begin_ += bytes; }
  void give_back_if_empty();

 private:
  BufferPool& pool_;
  std::unique_ptr<char[]> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace parley::http
