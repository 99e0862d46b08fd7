#include "api/account_handlers.h"

#include <utility>
#include <variant>

#include "api/answers.h"
#include "api/credential.h"
#include "api/form.h"
#include "json/write.h"

namespace parley::api {
namespace {

/// A form whose fields can be asked for, or the refusal of what is none.
std::variant<Form, http::Response> read_fields(const http::Request& request) {
  auto read = Form::read(request);
  const Form* form = std::get_if<Form>(&read);
  if (form == nullptr) return read;
  if (auto refused = form->not_a_dictionary()) return std::move(*refused);
  return read;
}

/// What registering and logging in both ask for.
struct NameAndPassword {
  std::string username;
  std::string password;
};

NameAndPassword read_name_and_password(const Form& form, FieldErrors& errors) {
  return {.username = std::string(form.required("username", Blank::white_space, errors)),
          .password = std::string(form.required("password", Blank::empty, errors))};
}

}  // namespace

async::Task<http::Response> AccountHandlers::register_account(const http::Request& request) {
  auto read = read_fields(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const Form& form = std::get<Form>(read);
  FieldErrors errors;
  NameAndPassword sent = read_name_and_password(form, errors);
  std::optional<std::string> invitation;
  if (const auto text = form.optional("invitation", errors)) invitation = std::string(*text);
  if (!errors.empty()) co_return errors.response();

  auto address = client_address(request, trusted_proxies_);
  const auto registered = co_await accounts_.register_account(std::move(sent.username), std::move(sent.password),
                                                              std::move(invitation), std::move(address));
  if (registered.has_error()) co_return failure(registered.error(), Shape::detail, request);
  co_return message(201, *registered + " registered successfully!");
}

async::Task<http::Response> AccountHandlers::login(const http::Request& request) {
  auto read = read_fields(request);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  FieldErrors errors;
  NameAndPassword sent = read_name_and_password(std::get<Form>(read), errors);
  if (!errors.empty()) co_return errors.response();

  auto address = client_address(request, trusted_proxies_);
  const auto token = co_await accounts_.login(std::move(sent.username), std::move(sent.password), std::move(address));
  if (token.has_error()) {
    const bool refused = token.error().code == base::ErrorCode::unauthenticated;
    co_return failure(token.error(), refused ? Shape::error : Shape::detail, request);
  }
  std::string body;
  json::ObjectWriter(body).string("token", *token).end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> AccountHandlers::logout(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto ended = co_await accounts_.logout(std::get<Submission>(read).credential);
  if (ended.has_error()) co_return credential_failure(ended.error(), Shape::detail, request, usual_refusals);
  co_return message(200, "Logged out.");
}

async::Task<http::Response> AccountHandlers::change_password(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto& submission = std::get<Submission>(read);
  FieldErrors errors;
  std::string current(submission.form.required("current_password", Blank::empty, errors));
  std::string next(submission.form.required("new_password", Blank::empty, errors));
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, submission.credential, errors.response(), request, usual_refusals);
  }

  auto address = client_address(request, trusted_proxies_);
  const auto changed = co_await accounts_.change_password(submission.credential, std::move(current), std::move(next),
                                                          std::move(address));
  if (changed.has_error()) co_return credential_failure(changed.error(), Shape::detail, request, usual_refusals);
  co_return message(200, "Password changed.");
}

}  // namespace parley::api
