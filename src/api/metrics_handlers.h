#pragma once
// GET /metrics, for Prometheus: to who asks from this machine, and to who has the operator's token.

#include <functional>
#include <string_view>
#include <utility>

#include "async/task.h"
#include "base/metrics.h"
#include "http/message.h"

namespace parley::api {

/// Whether what is presented is the operator's token; compares in constant time. Empty where there is no such token.
using MetricsTokenCheck = std::function<bool(std::string_view presented)>;

/// Safe to use from any thread.
class MetricsHandlers {
 public:
  MetricsHandlers(const base::Metrics& metrics, MetricsTokenCheck is_token)
      : metrics_(metrics), is_token_(std::move(is_token)) {}

  /// 200 with the page for a local client (see is_local()) and for `Authorization: Bearer <token>`; 401 for others.
  async::Task<http::Response> metrics(const http::Request& request);

 private:
  bool may_read(const http::Request& request) const;

  const base::Metrics& metrics_;
  MetricsTokenCheck is_token_;
};

}  // namespace parley::api
