#pragma once
// GET /healthz and GET /readyz, for load balancers and supervisors.

#include <atomic>

#include "async/task.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// Safe to use from any thread.
class HealthHandlers {
 public:
  explicit HealthHandlers(const store::Store& store) : store_(store) {}

  /// 200 while the process answers at all.
  async::Task<http::Response> healthz(const http::Request& request);
  /// 200 while chats can be committed; 503 with Retry-After while they can't or the server drains.
  async::Task<http::Response> readyz(const http::Request& request);

  /// From here on the server is not ready: it is about to stop.
  void start_draining() noexcept { draining_ = true; }

 private:
  const store::Store& store_;
  std::atomic<bool> draining_{false};
};

}  // namespace parley::api
