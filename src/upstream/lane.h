#pragma once
// All transfers of one event loop: libcurl's multi handle, driven by Asio.
//
// libcurl says which sockets and which time it waits for (curl_multi_socket_action, "event-based" in its manual); a
// SocketWatch and one timer wait for them. Nothing is added to or removed from the multi handle inside a callback of
// libcurl's: a finished transfer is noticed after libcurl has returned, and its coroutine resumes later still.

#include <curl/curl.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "async/task.h"
#include "upstream/easy_handle.h"
#include "upstream/socket_watch.h"

namespace parley::upstream {

class Transfer;

using SteadyTimer =
    async::asio::basic_waitable_timer<std::chrono::steady_clock, async::asio::wait_traits<std::chrono::steady_clock>,
                                      async::Executor>;

/// Used on its loop's thread only, save close().
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  /// Keeps at most `connections_max` connections open between transfers.
  Lane(async::asio::io_context& context, std::size_t connections_max);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane();

  async::asio::io_context& context() noexcept { return context_; }
  bool closed() const noexcept { return multi_ == nullptr; }

  /// A handle with the fixed options, used before or new.
  EasyHandle take_handle();
  void give_back(EasyHandle handle);

  /// Starts what `handle` describes; Transfer::finished is called when it ends. False where libcurl refuses.
  bool start(Transfer& transfer, CURL* handle);
  /// Stops a transfer that has not finished; its connection is closed.
  void stop(Transfer& transfer, CURL* handle) noexcept;

  /// Abandons every transfer and closes every connection. On the loop's thread, or once that has ended; before the
  /// context is destroyed.
  void close() noexcept;

  /// For SocketWatch: the socket is ready, or (CURL_SOCKET_TIMEOUT) the time has come.
  void act(curl_socket_t socket, int events);

 private:
  static int on_socket(CURL* handle, curl_socket_t socket, int what, void* lane, void*) noexcept;
  static int on_timer(CURLM* multi, long timeout_ms, void* lane) noexcept;
  static curl_socket_t open_socket(void* lane, curlsocktype purpose, curl_sockaddr* address) noexcept;
  static int close_socket(void* lane, curl_socket_t socket) noexcept;

  void watch(curl_socket_t socket, int events);
  void forget(curl_socket_t socket) noexcept;
  void set_timer(long timeout_ms);
  void reap();

  struct Watched {
    std::shared_ptr<SocketWatch> watch;
    bool opened_here = false;  ///< else one of the resolver's own, which libcurl closes by itself
  };

  async::asio::io_context& context_;
  CURLM* multi_;
  std::unique_ptr<SteadyTimer> timer_;
  std::unordered_map<curl_socket_t, Watched> sockets_;
  std::unordered_set<Transfer*> transfers_;
  std::vector<EasyHandle> idle_handles_;
};

}  // namespace parley::upstream
