#pragma once
// One exchange under way, from the request to its outcome. Lives in the frame of the coroutine that waits for it.

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "async/task.h"
#include "upstream/easy_handle.h"
#include "upstream/exchange.h"
#include "upstream/lane.h"

namespace parley::upstream {

/// Where a frame is destroyed with its transfer under way (cancelled, or its loop is no more), the transfer is stopped
/// and its connection closed.
class Transfer {
 public:
  Transfer(std::shared_ptr<Lane> lane, Request request, BodySink* sink);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  /// Sends the request and waits for what becomes of it. Called once, on the lane's loop. Supports Asio's
  /// per-operation cancellation, which ends in `abandoned`.
  async::Task<Outcome> run();

  /// For the lane: libcurl is done with it; its handle is no longer the multi handle's.
  void finished(CURLcode code);
  /// For the lane: it closes.
  void abandon() noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Phase { connecting, waiting, receiving };

  static std::size_t on_header(char* line, std::size_t, std::size_t size, void* transfer) noexcept;
  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* transfer) noexcept;
  static int on_connected(void* transfer, char*, char*, int, int) noexcept;

  bool begin();
  void describe(CURL* handle);
  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  bool give_to_sink(std::string_view bytes);
  void end_header_block();
  void enter(Phase phase);

  /// When the limit that matters now runs out. It moves as bytes come; the timer is set anew when it fires, or at once
  /// where the limit comes closer.
  Clock::time_point deadline() const;
  void run_out_of_time();
  void stop(FailureKind kind, std::string detail);
  void conclude(Outcome outcome);
  Outcome outcome_of(CURLcode code);
  Response response_head() const;  ///< without its body
  FailureKind kind_of(CURLcode code) const;

  std::shared_ptr<Lane> lane_;
  Request request_;
  BodySink* sink_;
  bool sink_open_ = false;  ///< the body goes there
  bool sink_has_all_ = false;
  SteadyTimer wake_;
  EasyHandle handle_;  ///< set while it is under way
  HeaderList headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};

  Phase phase_ = Phase::connecting;
  Clock::time_point started_;
  Clock::time_point phase_moved_;
  Clock::time_point first_byte_;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  bool header_ended_ = false;
  bool oversize_ = false;
  bool hurried_ = false;
  std::string body_;
  std::optional<Outcome> outcome_;
};

}  // namespace parley::upstream
