#include "http/input_buffer.h"

#include <cstring>
#include <utility>

namespace parley::http {

std::unique_ptr<char[]> BufferPool::borrow() {
  ++lent_;
  if (kept_.empty()) return std::unique_ptr<char[]>(new char[buffer_bytes_]);  // make_unique would clear it
  auto buffer = std::move(kept_.back());
  kept_.pop_back();
  return buffer;
}

void BufferPool::give_back(std::unique_ptr<char[]> buffer) {
  --lent_;
  if (kept_.size() < kept_max_) kept_.push_back(std::move(buffer));
}

boost::asio::mutable_buffer InputBuffer::space() {
  if (!bytes_) bytes_ = pool_.borrow();
  if (begin_ > 0) {
    if (!empty()) std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  return {bytes_.get() + end_, pool_.buffer_bytes() - end_};
}

void InputBuffer::give_back_if_empty() {
  if (!bytes_ || !empty()) return;
  pool_.give_back(std::move(bytes_));
  begin_ = end_ = 0;
}

}  // namespace parley::http
