#pragma once
// GET /api/statement/: the ledger of an account.

#include "async/task.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// Safe to use from any loop.
class StatementHandlers {
 public:
  explicit StatementHandlers(store::Store& store) : store_(store) {}

  /// The entries, newest first, a page at a time. Query: `cursor` (as the page before named it), `limit` (1 … 1000,
  /// 100), `format` (json, csv). 200 {"entries":[…],"next":…}, or CSV (RFC 4180) with a header line and the next page
  /// in `Link` (RFC 8288); 400, 401.
  async::Task<http::Response> statement(const http::Request& request);

 private:
  store::Store& store_;
};

}  // namespace parley::api
