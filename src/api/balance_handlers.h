#pragma once
// POST /api/balance/ and GET /api/balance/stream: what there is to spend, now and as it changes.

#include "async/task.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// Safe to use from any loop.
class BalanceHandlers {
 public:
  explicit BalanceHandlers(store::Store& store) : store_(store) {}

  /// What is available: 200 {"token_balance":…}; 401.
  async::Task<http::Response> balance(const http::Request& request);

  /// Events `balance` {"available","held","spent","spent_today"}: one at once, one after each change; an event `error`
  /// ends the stream with the credential. 200; 401, 429.
  async::Task<http::Response> stream(const http::Request& request);

 private:
  store::Store& store_;
};

}  // namespace parley::api
