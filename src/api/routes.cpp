#include "api/routes.h"

#include <chrono>

#include "api/answers.h"
#include "api/observed.h"
#include "api/openai_error.h"
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
             {"method", http::text_of(request.method)},
             {"path", router.route_of(request.path)},
             {"status", response.status},
             {"took_us", took_us}});
  co_return response;
}

/// The handler's answer with the header that OpenAI's clients look for.
template <class Handlers, class Member>
async::Task<http::Response> answer_openai(Handlers& handlers, Member member, const http::Request& request) {
  http::Response response = co_await (handlers.*member)(request);
  add_openai_request_id(response, request.id);
  co_return response;
}

}  // namespace

http::Response refusal(int status, std::string_view sentence, std::string_view path) {
  http::Response response = is_openai_path(path) ? openai_error(status, sentence) : detail(status, sentence);
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

PublicApi::PublicApi(const Parts& parts, Settings settings)
    : accounts_(parts.store, parts.accounts, std::move(settings.trusted_proxies)),
      me_(parts.store),
      balance_(parts.store),
      chat_(parts.store, parts.turns, parts.clock, settings.message_characters_max),
      conversations_(parts.store),
      completions_(parts.store, parts.turns, parts.clock),
      models_(parts.store, parts.turns.catalog(), parts.clock.now()),
      keys_(parts.store, parts.clock),
      statements_(parts.store),
      health_(parts.store),
      metrics_(parts.metrics, std::move(settings.is_metrics_token)),
      documents_(settings.version),
      router_(observed(parts.metrics, routes()), {.not_found = &not_found, .method_not_allowed = &method_not_allowed}) {
}

std::vector<http::Route> PublicApi::routes() {
  using enum http::Method;
  const auto to = [](auto& handlers, auto member) {
    return [&handlers, member](const http::Request& request) { return (handlers.*member)(request); };
  };
  const auto to_openai = [](auto& handlers, auto member) {
    return [&handlers, member](const http::Request& request) { return answer_openai(handlers, member, request); };
  };
  return {
      {post, "/api/register/", to(accounts_, &AccountHandlers::register_account)},
      {post, "/api/login/", to(accounts_, &AccountHandlers::login)},
      {post, "/api/logout/", to(accounts_, &AccountHandlers::logout)},
      {post, "/api/password/", to(accounts_, &AccountHandlers::change_password)},
      {post, "/api/chat/", to(chat_, &ChatHandlers::chat)},
      {post, "/api/quote/", to(chat_, &ChatHandlers::quote)},
      {get, "/api/models/", to(models_, &ModelHandlers::list)},
      {post, "/api/balance/", to(balance_, &BalanceHandlers::balance)},
      {get, "/api/balance/stream", to(balance_, &BalanceHandlers::stream)},
      {get, "/api/conversations/", to(conversations_, &ConversationHandlers::list)},
      {get, std::string(conversation_path), to(conversations_, &ConversationHandlers::show)},
      {patch, std::string(conversation_path), to(conversations_, &ConversationHandlers::rename)},
      {delete_, std::string(conversation_path), to(conversations_, &ConversationHandlers::end)},
      {get, "/api/me/", to(me_, &MeHandlers::show)},
      {patch, "/api/me/", to(me_, &MeHandlers::change)},
      {delete_, "/api/me/", to(me_, &MeHandlers::end)},
      {get, "/api/statement/", to(statements_, &StatementHandlers::statement)},
      {get, "/api/keys/", to(keys_, &KeyHandlers::list)},
      {post, "/api/keys/", to(keys_, &KeyHandlers::create)},
      {patch, std::string(key_path), to(keys_, &KeyHandlers::change)},
      {delete_, std::string(key_path), to(keys_, &KeyHandlers::end)},
      {post, "/v1/chat/completions", to_openai(completions_, &CompletionHandlers::complete)},
      {get, "/v1/models", to_openai(models_, &ModelHandlers::list_openai)},
      {get, std::string(model_path), to_openai(models_, &ModelHandlers::show_openai)},
      {get, "/healthz", to(health_, &HealthHandlers::healthz)},
      {get, "/readyz", to(health_, &HealthHandlers::readyz)},
      {get, "/metrics", to(metrics_, &MetricsHandlers::metrics)},
      {get, "/openapi.json", to(documents_, &DocumentHandlers::document)},
      {get, "/docs", to(documents_, &DocumentHandlers::page)},
  };
}

http::Handler PublicApi::handler() {
  return [this](const http::Request& request) {
    return base::log_enabled(base::LogLevel::debug) ? logged(router_, request) : router_(request);
  };
}

}  // namespace parley::api
