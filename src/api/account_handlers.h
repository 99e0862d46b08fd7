#pragma once
// POST /api/register/, /api/login/, /api/logout/ and /api/password/.

#include "accounts/accounts.h"
#include "api/peer.h"
#include "async/task.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// Safe to use from any loop.
class AccountHandlers {
 public:
  AccountHandlers(store::Store& store, accounts::Accounts& accounts, TrustedProxies trusted_proxies)
      : store_(store), accounts_(accounts), trusted_proxies_(std::move(trusted_proxies)) {}

  /// username, password, invitation (optional): 201; 400, 403, 429, 503.
  async::Task<http::Response> register_account(const http::Request& request);
  /// username, password: 200 {"token":…}; 400, 401, 429, 503.
  async::Task<http::Response> login(const http::Request& request);
  /// Ends the token that is presented: 200; 401.
  async::Task<http::Response> logout(const http::Request& request);
  /// current_password, new_password: 200, and every token has ended; 400, 401, 429, 503.
  async::Task<http::Response> change_password(const http::Request& request);

 private:
  store::Store& store_;
  accounts::Accounts& accounts_;
  TrustedProxies trusted_proxies_;
};

}  // namespace parley::api
