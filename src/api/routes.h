#pragma once
// The map of the public server: every route, its method and its handler.

#include <cstdint>

#include "accounts/accounts.h"
#include "api/account_handlers.h"
#include "api/chat_handlers.h"
#include "api/health_handlers.h"
#include "api/metrics_handlers.h"
#include "api/peer.h"
#include "chat/turns.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"

namespace parley::api {

/// The body of what the HTTP server itself refuses: {"detail":"…"}; with Retry-After where it is 429 or 503.
http::Response refusal(int status, std::string_view sentence, std::string_view path);

class PublicApi {
 public:
  PublicApi(store::Store& store, accounts::Accounts& accounts, chat::Turns& turns, TrustedProxies trusted_proxies,
            std::int64_t message_characters_max, base::Metrics& metrics, MetricsTokenCheck is_metrics_token);

  /// Answers every request; logs one line for each at debug. Lives no longer than this object.
  http::Handler handler();

  /// /readyz answers 503 from here on.
  void start_draining() noexcept { health_.start_draining(); }

 private:
  std::vector<http::Route> routes();

  AccountHandlers accounts_;
  ChatHandlers chat_;
  HealthHandlers health_;
  MetricsHandlers metrics_;
  http::Router router_;
};

}  // namespace parley::api
