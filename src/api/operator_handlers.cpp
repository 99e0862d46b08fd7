#include "api/operator_handlers.h"

#include <charconv>
#include <chrono>
#include <utility>
#include <variant>

#include "api/answers.h"
#include "api/form.h"
#include "json/write.h"

namespace parley::api {
namespace {

constexpr std::int32_t page_accounts = 200;

std::optional<base::Tokens> tokens_from(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return base::Tokens::from(count);
}

http::Response done(int status, std::string_view username, std::string_view sentence) {
  std::string body;
  json::ObjectWriter(body).string("username", username).string("message", sentence).end();
  return answer(status, std::move(body));
}

/// As RFC 3339 has it, to the second.
std::string rfc3339(base::Timestamp time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, size};
}

std::string summary_json(const store::AccountSummary& account) {
  std::string json;
  json::ObjectWriter(json)
      .string("username", account.username)
      .string("username_key", account.username_key)
      .integer("available", account.balance.available().count())
      .integer("held", account.balance.held.count())
      .boolean("disabled", account.disabled)
      .string("created", rfc3339(account.created))
      .end();
  return json;
}

}  // namespace

OperatorHandlers::OperatorHandlers(store::Store& store, accounts::Accounts& accounts)
    : store_(store),
      accounts_(accounts),
      router_(routes(), {.not_found = &not_found, .method_not_allowed = &method_not_allowed}) {}

std::vector<http::Route> OperatorHandlers::routes() {
  using enum http::Method;
  const auto to = [this](auto member) {
    return [this, member](const http::Request& request) { return (this->*member)(request); };
  };
  return {
      {post, "/users/create", to(&OperatorHandlers::create)},
      {post, "/users/credit", to(&OperatorHandlers::credit)},
      {post, "/users/disable", to(&OperatorHandlers::disable)},
      {post, "/users/enable", to(&OperatorHandlers::enable)},
      {post, "/users/reset-password", to(&OperatorHandlers::reset_password)},
      {post, "/users/list", to(&OperatorHandlers::list)},
  };
}

http::Handler OperatorHandlers::handler() {
  return [this](const http::Request& request) { return router_(request); };
}

async::Task<http::Response> OperatorHandlers::create(const http::Request& request) {
  auto read = Form::read(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const Form& form = std::get<Form>(read);
  FieldErrors errors;
  std::string username(form.required("username", Blank::white_space, errors));
  std::string password(form.required("password", Blank::empty, errors));
  const auto balance_text = form.optional("balance", errors);
  std::optional<base::Tokens> balance;
  if (balance_text) balance = tokens_from(*balance_text);
  if (balance_text && (!balance || balance->negative()))
    errors.add("balance", "A whole number from 0 to 9007199254740991 is required.");
  if (!errors.empty()) co_return errors.response();

  const auto created = co_await accounts_.create(std::move(username), std::move(password), balance);
  if (created.has_error()) co_return failure(created.error(), Shape::detail, request);
  co_return done(201, *created, "created");
}

async::Task<http::Response> OperatorHandlers::credit(const http::Request& request) {
  auto read = Form::read(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const Form& form = std::get<Form>(read);
  FieldErrors errors;
  const std::string username(form.required("username", Blank::white_space, errors));
  const auto tokens = tokens_from(form.required("tokens", Blank::white_space, errors));
  if (errors.empty() && (!tokens || tokens->count() == 0)) {
    errors.add("tokens", "A whole number up to 9007199254740991 either way, other than 0, is required.");
  }
  if (!errors.empty()) co_return errors.response();

  const auto balance = co_await accounts_.credit(username, *tokens);
  if (balance.has_error()) co_return failure(balance.error(), Shape::detail, request);
  co_return done(200, username, std::to_string(balance->available().count()) + " tokens available");
}

async::Task<http::Response> OperatorHandlers::set_disabled(const http::Request& request, bool disabled) {
  auto read = Form::read(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  FieldErrors errors;
  const std::string username(std::get<Form>(read).required("username", Blank::white_space, errors));
  if (!errors.empty()) co_return errors.response();

  const auto set = co_await accounts_.set_disabled(username, disabled);
  if (set.has_error()) co_return failure(set.error(), Shape::detail, request);
  co_return done(200, username, disabled ? "disabled" : "enabled");
}

async::Task<http::Response> OperatorHandlers::disable(const http::Request& request) {
  return set_disabled(request, true);
}

async::Task<http::Response> OperatorHandlers::enable(const http::Request& request) {
  return set_disabled(request, false);
}

async::Task<http::Response> OperatorHandlers::reset_password(const http::Request& request) {
  auto read = Form::read(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const Form& form = std::get<Form>(read);
  FieldErrors errors;
  const std::string username(form.required("username", Blank::white_space, errors));
  std::string password(form.required("password", Blank::empty, errors));
  if (!errors.empty()) co_return errors.response();

  const auto reset = co_await accounts_.reset_password(username, std::move(password));
  if (reset.has_error()) co_return failure(reset.error(), Shape::detail, request);
  co_return done(200, username, "has a new password; every credential has ended");
}

async::Task<http::Response> OperatorHandlers::list(const http::Request& request) {
  auto read = Form::read(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  FieldErrors errors;
  std::string after(std::get<Form>(read).optional("after", errors).value_or(""));
  if (!errors.empty()) co_return errors.response();

  const auto page = co_await store_.list_accounts(std::move(after), page_accounts);
  if (page.has_error()) co_return failure(page.error(), Shape::detail, request);
  std::string accounts = "[";
  for (const store::AccountSummary& account : *page) {
    if (accounts.size() > 1) accounts += ',';
    accounts += summary_json(account);
  }
  accounts += ']';
  std::string body;
  json::ObjectWriter(body).raw("accounts", accounts).end();
  co_return answer(200, std::move(body));
}

}  // namespace parley::api
