#pragma once
// A bounded way from one who never waits to one who may be slow, or leave. Both on one loop.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace parley::async {

namespace detail {

template <class T>
struct ChannelState {
  explicit ChannelState(std::size_t limit) : bytes_max(limit) {}

  /// Gives the reader up where it can't go on and too much waits for it.
  void judge_reader() {
    if (abandoned || !stalled || bytes <= bytes_max) return;
    abandoned = true;
    waiting.clear();
    const auto left = std::exchange(on_left, nullptr);
    if (on_news) on_news();
    if (left) left();
  }

  std::size_t bytes_max;
  std::size_t bytes = 0;
  bool stalled = false;  ///< the reader waits for someone itself
  std::deque<std::pair<T, std::size_t>> waiting;
  bool closed = false;     ///< the writer's end is gone
  bool abandoned = false;  ///< the reader has left
  std::function<void()> on_news = nullptr;
  std::function<void()> on_left = nullptr;
};

}  // namespace detail

/// The reading end. Whoever destroys it has left.
template <class T>
class ChannelReader {
 public:
  explicit ChannelReader(std::shared_ptr<detail::ChannelState<T>> state) noexcept : state_(std::move(state)) {}
  ChannelReader(ChannelReader&&) noexcept = default;
  ChannelReader& operator=(ChannelReader&&) = delete;
  ~ChannelReader() {
    if (!state_) return;
    state_->on_news = nullptr;
    state_->waiting.clear();
    if (state_->closed || std::exchange(state_->abandoned, true)) return;
    if (const auto on_left = std::exchange(state_->on_left, nullptr)) on_left();
  }

  /// Called whenever something was sent, or the writer is done.
  void on_news(std::function<void()> call) { state_->on_news = std::move(call); }

  /// What was sent first of what was not taken yet.
  std::optional<T> take() {
    if (state_->waiting.empty()) return std::nullopt;
    auto [value, bytes] = std::move(state_->waiting.front());
    state_->waiting.pop_front();
    state_->bytes -= bytes;
    return std::optional<T>(std::move(value));
  }

  /// Whether the reader waits for someone itself. Only then what it has not taken can be too much: what comes in a
  /// burst is not its fault.
  void stalled(bool waits) {
    state_->stalled = waits;
    state_->judge_reader();
  }

  bool empty() const noexcept { return state_->waiting.empty(); }
  /// True where nothing will come any more: the writer is done, or gave this end up because it was too far behind.
  bool ended() const noexcept { return empty() && (state_->closed || state_->abandoned); }

 private:
  std::shared_ptr<detail::ChannelState<T>> state_;
};

/// The writing end. Whoever destroys it is done.
template <class T>
class ChannelWriter {
 public:
  explicit ChannelWriter(std::shared_ptr<detail::ChannelState<T>> state) noexcept : state_(std::move(state)) {}
  ChannelWriter(ChannelWriter&&) noexcept = default;
  ChannelWriter& operator=(ChannelWriter&&) = delete;
  ~ChannelWriter() {
    if (!state_) return;
    state_->on_left = nullptr;
    state_->closed = true;
    if (state_->on_news) state_->on_news();
  }

  /// Called once, when the reader leaves or falls too far behind, which is the same.
  void on_left(std::function<void()> call) { state_->on_left = std::move(call); }
  bool reader_left() const noexcept { return state_->abandoned; }

  /// Sends a value of this size, never waiting: what is beyond the limit makes a stalled reader one that has left.
  /// False where it has. What a reader that is not stalled may be behind is for the writer to bound.
  bool send(T value, std::size_t bytes) {
    if (state_->abandoned) return false;
    put(std::move(value), bytes);
    state_->judge_reader();
    return !state_->abandoned;
  }

  /// The same for the last word, which is not measured.
  bool send_last(T value) {
    if (state_->abandoned) return false;
    put(std::move(value), 0);
    return true;
  }

 private:
  void put(T value, std::size_t bytes) {
    state_->waiting.emplace_back(std::move(value), bytes);
    state_->bytes += bytes;
    if (state_->on_news) state_->on_news();
  }

  std::shared_ptr<detail::ChannelState<T>> state_;
};

template <class T>
struct Channel {
  ChannelWriter<T> writer;
  ChannelReader<T> reader;
};

/// A channel whose reader may be `bytes_max` behind while it is stalled.
template <class T>
Channel<T> make_channel(std::size_t bytes_max) {
  auto state = std::make_shared<detail::ChannelState<T>>(bytes_max);
  return {ChannelWriter<T>(state), ChannelReader<T>(state)};
}

}  // namespace parley::async
