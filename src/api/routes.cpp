#include "api/routes.h"

#include <chrono>

#include "api/answers.h"
#include "api/observed.h"
#include "base/log.h"

namespace parley::api {
namespace {

using Clock = std::chrono::steady_clock;

async::Task<http::Response> logged(http::Router& router, const http::Request& request) {
  const auto begin = Clock::now();
  http::Response response = co_await router(request);
  const auto took_us = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
  base::log(base::LogLevel::debug, "request",
            {{"id", request.id},
             {"method", request.method_text},
             {"path", request.path},
             {"status", response.status},
             {"took_us", took_us}});
  co_return response;
}

}  // namespace

http::Response refusal(int status, std::string_view sentence, std::string_view /*path*/) {
  http::Response response = detail(status, sentence);
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

PublicApi::PublicApi(store::Store& store, accounts::Accounts& accounts, chat::Turns& turns,
                     TrustedProxies trusted_proxies, std::int64_t message_characters_max, base::Metrics& metrics,
                     MetricsTokenCheck is_metrics_token)
    : accounts_(store, accounts, std::move(trusted_proxies)),
      chat_(store, turns, message_characters_max),
      health_(store),
      metrics_(metrics, std::move(is_metrics_token)),
      router_(observed(metrics, routes()), {.not_found = &not_found, .method_not_allowed = &method_not_allowed}) {}

std::vector<http::Route> PublicApi::routes() {
  using enum http::Method;
  const auto to = [](auto& handlers, auto member) {
    return [&handlers, member](const http::Request& request) { return (handlers.*member)(request); };
  };
  return {
      {post, "/api/register/", to(accounts_, &AccountHandlers::register_account)},
      {post, "/api/login/", to(accounts_, &AccountHandlers::login)},
      {post, "/api/logout/", to(accounts_, &AccountHandlers::logout)},
      {post, "/api/password/", to(accounts_, &AccountHandlers::change_password)},
      {post, "/api/chat/", to(chat_, &ChatHandlers::chat)},
      {post, "/api/balance/", to(chat_, &ChatHandlers::balance)},
      {get, "/healthz", to(health_, &HealthHandlers::healthz)},
      {get, "/readyz", to(health_, &HealthHandlers::readyz)},
      {get, "/metrics", to(metrics_, &MetricsHandlers::metrics)},
  };
}

http::Handler PublicApi::handler() {
  return [this](const http::Request& request) {
    return base::log_enabled(base::LogLevel::debug) ? logged(router_, request) : router_(request);
  };
}

}  // namespace parley::api
