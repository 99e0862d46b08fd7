#pragma once
// What the operator may do to accounts: served on admin.sock, whose file mode is its only guard, and called in process
// by `parley user` when no server runs.

#include "accounts/accounts.h"
#include "async/task.h"
#include "http/message.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"

namespace parley::api {

/// Every request is a POST with text fields; every answer is JSON. Safe to use from any loop.
class OperatorHandlers {
 public:
  OperatorHandlers(store::Store& store, accounts::Accounts& accounts);

  http::Handler handler();

 private:
  std::vector<http::Route> routes();

  async::Task<http::Response> create(const http::Request& request);          ///< username, password, balance (optional)
  async::Task<http::Response> credit(const http::Request& request);          ///< username, tokens (either sign)
  async::Task<http::Response> disable(const http::Request& request);         ///< username
  async::Task<http::Response> enable(const http::Request& request);          ///< username
  async::Task<http::Response> reset_password(const http::Request& request);  ///< username, password
  async::Task<http::Response> list(const http::Request& request);            ///< after (optional): a page of accounts

  async::Task<http::Response> set_disabled(const http::Request& request, bool disabled);

  store::Store& store_;
  accounts::Accounts& accounts_;
  http::Router router_;
};

}  // namespace parley::api
