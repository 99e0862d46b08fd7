#pragma once
// GET /api/conversations/ and GET, PATCH, DELETE /api/conversations/{id}/: the history of an account's chats.

#include "async/task.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

inline constexpr std::string_view conversation_path = "/api/conversations/{id}/";

/// What another account has is not there: 404. Safe to use from any loop.
class ConversationHandlers {
 public:
  explicit ConversationHandlers(store::Store& store) : store_(store) {}

  /// By their last turn, newest first, a page at a time. Query: `q` (text to look for), `cursor`, `limit` (1 … 200,
  /// 50). 200 {"conversations":[…],"next":…}; 400, 401.
  async::Task<http::Response> list(const http::Request& request);
  /// With its turns, newest first, a page at a time. Query: `cursor`, `limit` (1 … 200, 50). 200; 400, 401, 404.
  async::Task<http::Response> show(const http::Request& request);
  /// title (empty: the beginning of its first message again): 200 without turns; 400, 401, 404.
  async::Task<http::Response> rename(const http::Request& request);
  /// Deletes the texts; the charges stay. 204; 401, 404.
  async::Task<http::Response> end(const http::Request& request);

 private:
  store::Store& store_;
};

}  // namespace parley::api
