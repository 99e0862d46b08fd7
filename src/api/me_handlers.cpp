#include "api/me_handlers.h"

#include <utility>

#include "api/answers.h"
#include "api/credential.h"
#include "api/spending_limits.h"
#include "api/timestamps.h"
#include "json/write.h"

namespace parley::api {

async::Task<http::Response> MeHandlers::show(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  co_return co_await answer_with(request, std::get<Submission>(read).credential);
}

async::Task<http::Response> MeHandlers::answer_with(const http::Request& request, store::Presented credential) {
  const auto account = co_await store_.account(credential);
  if (account.has_error()) co_return credential_failure(account.error(), Shape::detail, request, usual_refusals);
  std::string body;
  json::ObjectWriter object(body);
  object.string("id", std::to_string(account->account.value))
      .string("username", account->username)
      .string("created", time_text(account->created))
      .integer("balance", account->balance.available().count())
      .integer("held", account->balance.held.count());
  add_limit(object, "daily_limit", account->daily_limit);
  object.end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> MeHandlers::change(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto& submission = std::get<Submission>(read);
  const store::Presented credential = submission.credential;
  FieldErrors errors;
  const auto limit = read_changed_limit(submission.form, "daily_limit", errors);
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, credential, errors.response(), request, usual_refusals);
  }
  const auto set = co_await store_.set_daily_limit(credential, limit);
  if (set.has_error()) co_return credential_failure(set.error(), Shape::detail, request, usual_refusals);
  co_return co_await answer_with(request, credential);
}

async::Task<http::Response> MeHandlers::end(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto deleted = co_await store_.delete_account(std::get<Submission>(read).credential);
  if (deleted.has_error()) co_return credential_failure(deleted.error(), Shape::detail, request, usual_refusals);
  co_return answer(204, "");
}

}  // namespace parley::api
