#pragma once
// Bounds the memory of all bodies that are being held at once, over all loops of a server.

#include <atomic>
#include <cstddef>

namespace parley::http {

/// Safe to use from any loop.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}

  /// False, and nothing taken, where it would be too much.
  bool take(std::size_t bytes) noexcept {
    if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::size_t bytes) noexcept { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t taken() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_{0};
};

/// One body's part of the budget, given back when it ends.
class BodyShare {
 public:
  explicit BodyShare(BodyBudget& budget) noexcept : budget_(budget) {}
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() { give_back(); }

  void give_back() noexcept {
    if (bytes_ > 0) budget_.give_back(bytes_);
    bytes_ = 0;
  }

  /// False where the budget has no room for it; the share is then as it was.
  bool grow_to(std::size_t bytes) noexcept {
    if (bytes <= bytes_) return true;
    if (!budget_.take(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }

 private:
  BodyBudget& budget_;
  std::size_t bytes_ = 0;
};

}  // namespace parley::http
