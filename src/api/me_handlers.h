#pragma once
// GET, PATCH and DELETE /api/me/: what an account may know of itself, what it spends in a day, and its end.

#include "async/task.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// Safe to use from any loop.
class MeHandlers {
 public:
  explicit MeHandlers(store::Store& store) : store_(store) {}

  /// 200 {"id","username","created","balance","held","daily_limit"}; 401.
  async::Task<http::Response> show(const http::Request& request);
  /// daily_limit (tokens a day in UTC, or null): 200 as show(); 400, 401, 403 to an API key.
  async::Task<http::Response> change(const http::Request& request);
  /// 204: the account is no more, its ledger stays; 401, 403 to an API key, 409 while a chat is in flight.
  async::Task<http::Response> end(const http::Request& request);

 private:
  async::Task<http::Response> answer_with(const http::Request& request, store::Presented credential);

  store::Store& store_;
};

}  // namespace parley::api
