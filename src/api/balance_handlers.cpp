#include "api/balance_handlers.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "api/answers.h"
#include "api/balance_stream.h"
#include "api/credential.h"
#include "json/write.h"

namespace parley::api {
namespace {

http::Response balance_not_provided() {
  http::Response response = error(401, "login before checking balance");
  response.headers.emplace_back("WWW-Authenticate", "Token");
  return response;
}

http::Response balance_invalid() {
  http::Response response = error(401, "An unexpected error occurred: Token matching query does not exist.");
  response.headers.emplace_back("WWW-Authenticate", "Token");
  return response;
}

constexpr CredentialRefusals balance_refusals{.not_provided = &balance_not_provided, .invalid = &balance_invalid};

}  // namespace

async::Task<http::Response> BalanceHandlers::balance(const http::Request& request) {
  auto read = co_await read_submission(store_, request, balance_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);

  const auto balance = co_await store_.balance(std::get<Submission>(read).credential);
  if (balance.has_error()) co_return credential_failure(balance.error(), Shape::detail, request, balance_refusals);
  std::string body;
  json::ObjectWriter(body).integer("token_balance", balance->available().count()).end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> BalanceHandlers::stream(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const store::Presented credential = std::get<Submission>(read).credential;

  const async::Executor executor = co_await async::asio::this_coro::executor;
  const auto news = std::make_shared<BalanceNews>();
  store::TellFigures tell = [news](std::optional<store::Figures> figures) { news->hear(std::move(figures)); };
  auto watch = co_await store_.watch(credential, executor, std::move(tell));
  if (watch.has_error()) co_return credential_failure(watch.error(), Shape::detail, request, usual_refusals);
  http::Response response;
  response.stream = std::make_unique<BalanceStream>(news, std::move(*watch));
  co_return response;
}

}  // namespace parley::api
