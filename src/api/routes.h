#pragma once
// The map of the public server: every route, its method and its handler.

#include <cstdint>
#include <string_view>
#include <vector>

#include "accounts/accounts.h"
#include "api/account_handlers.h"
#include "api/balance_handlers.h"
#include "api/chat_handlers.h"
#include "api/completion_handlers.h"
#include "api/conversation_handlers.h"
#include "api/document_handlers.h"
#include "api/health_handlers.h"
#include "api/key_handlers.h"
#include "api/me_handlers.h"
#include "api/metrics_handlers.h"
#include "api/model_handlers.h"
#include "api/peer.h"
#include "api/statement_handlers.h"
#include "chat/turns.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"

namespace parley::api {

/// The body of what the HTTP server itself refuses: {"detail":"…"}, and under /v1 in OpenAI's shape; with Retry-After
/// where it is 429 or 503.
http::Response refusal(int status, std::string_view sentence, std::string_view path);

class PublicApi {
 public:
  /// The parts outlive it.
  struct Parts {
    store::Store& store;
    accounts::Accounts& accounts;
    chat::Turns& turns;
    const base::Clock& clock;
    base::Metrics& metrics;
  };
  struct Settings {
    TrustedProxies trusted_proxies = {};
    std::int64_t message_characters_max = 32'000;
    MetricsTokenCheck is_metrics_token = nullptr;
    std::string_view version = "";  ///< the program's
  };

  PublicApi(const Parts& parts, Settings settings);

  /// Answers every request; logs one line for each at debug. Lives no longer than this object.
  http::Handler handler();

  /// Every route, none of them observed. They live no longer than this object.
  std::vector<http::Route> routes();

  /// /readyz answers 503 from here on.
  void start_draining() noexcept { health_.start_draining(); }

 private:
  AccountHandlers accounts_;
  MeHandlers me_;
  BalanceHandlers balance_;
  ChatHandlers chat_;
  ConversationHandlers conversations_;
  CompletionHandlers completions_;
  ModelHandlers models_;
  KeyHandlers keys_;
  StatementHandlers statements_;
  HealthHandlers health_;
  MetricsHandlers metrics_;
  DocumentHandlers documents_;
  http::Router router_;
};

}  // namespace parley::api
