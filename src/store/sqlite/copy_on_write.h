#pragma once
// Undo for values that are large but rarely there: a copy costs a pointer until one of the two is changed.

#include <memory>

namespace parley::store::sqlite {

/// A value that its copies share until one of them is written to. Empty at first, which takes no memory. For one
/// thread.
template <class T>
class CopyOnWrite {
 public:
  explicit operator bool() const noexcept { return shared_ != nullptr; }
  /// Only where there is a value.
  const T& operator*() const noexcept { return *shared_; }
  const T* operator->() const noexcept { return shared_.get(); }

  /// This copy's own value, a default one where it was empty. References to what it shared before stay as they are.
  T& write() {
    if (!shared_) {
      shared_ = std::make_shared<T>();
    } else if (shared_.use_count() > 1) {
      shared_ = std::make_shared<T>(*shared_);
    }
    return *shared_;
  }
  void reset() noexcept { shared_.reset(); }

 private:
  std::shared_ptr<T> shared_;
};

}  // namespace parley::store::sqlite
