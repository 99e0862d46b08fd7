#pragma once
// GET and POST /api/keys/, PATCH and DELETE /api/keys/{id}/: API keys for programs, which a login does not end.

#include "async/task.h"
#include "base/clock.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

inline constexpr std::string_view key_path = "/api/keys/{id}/";

/// All of them want a login token: 403 to an API key. Safe to use from any loop.
class KeyHandlers {
 public:
  KeyHandlers(store::Store& store, const base::Clock& clock) : store_(store), clock_(clock) {}

  /// name, limit, daily_limit and expires (all but the name optional): 201 with the key, whose text is shown this once;
  /// 400, 401, 403, 409.
  async::Task<http::Response> create(const http::Request& request);
  /// 200 {"keys":[…]}, oldest first; 401, 403.
  async::Task<http::Response> list(const http::Request& request);
  /// daily_limit (tokens a day in UTC, or null): 200 with the key; 400, 401, 403, 404.
  async::Task<http::Response> change(const http::Request& request);
  /// 204: the key has ended; 401, 403, 404.
  async::Task<http::Response> end(const http::Request& request);

 private:
  store::Store& store_;
  const base::Clock& clock_;
};

}  // namespace parley::api
