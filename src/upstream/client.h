#pragma once
// The HTTP client for model servers. This folder is the only place with libcurl.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "async/task.h"
#include "upstream/exchange.h"

namespace parley::upstream {

class CurlLibrary;
class Lane;

struct ClientLimits {
  std::size_t transfers_max = 16'384;          ///< under way at once, over all loops
  std::size_t connections_per_loop_max = 256;  ///< kept open between transfers
};

/// Order at the end: stop the loops' threads, close() or destroy the client, then destroy the contexts. Coroutines that
/// still wait then are destroyed with their context. A closed client may outlive the contexts.
class Client {
 public:
  /// For coroutines that run on one of `contexts`. Throws where libcurl can't start.
  explicit Client(const std::vector<async::asio::io_context*>& contexts, ClientLimits limits = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// One exchange, on the loop of the coroutine that calls: it connects once and sends the request once. Kept
  /// connections are used again. Supports Asio's per-operation cancellation. Safe from every loop.
  /// With a `sink`, which must outlive the exchange, the body of a reply of status 2xx goes there.
  async::Task<Outcome> send(Request request, BodySink* sink = nullptr);

  /// Abandons what is under way and closes all connections; what is sent later is `abandoned`. No loop may be running
  /// on another thread.
  void close() noexcept;

  std::size_t transfers() const noexcept { return transfers_->load(); }

 private:
  std::shared_ptr<Lane> lane_of(const async::asio::io_context& context) const;

  ClientLimits limits_;
  std::unique_ptr<CurlLibrary> library_;
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::shared_ptr<std::atomic<std::size_t>> transfers_;  ///< shared with frames, which may outlive the client
};

}  // namespace parley::upstream
