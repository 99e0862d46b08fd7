#include "api/key_handlers.h"

#include <algorithm>
#include <utility>

#include "accounts/credential.h"
#include "api/answers.h"
#include "api/credential.h"
#include "api/form.h"
#include "api/page.h"
#include "api/spending_limits.h"
#include "api/timestamps.h"
#include "http/router.h"
#include "json/write.h"

namespace parley::api {
namespace {

constexpr std::size_t name_bytes_max = 100;

void add_time(json::ObjectWriter& object, std::string_view name, const std::optional<base::Timestamp>& time) {
  if (time) {
    object.string(name, time_text(*time));
  } else {
    object.null(name);
  }
}

/// The members that a key is shown with; `text` only where it was just made.
std::string key_object(const store::KeySummary& key, std::string_view text) {
  std::string out;
  json::ObjectWriter object(out);
  object.integer("id", key.id.value).string("name", key.name);
  if (!text.empty()) object.string("key", text);
  add_limit(object, "limit", key.limit);
  add_limit(object, "daily_limit", key.daily_limit);
  object.integer("spent", key.spent.count()).string("created", time_text(key.created));
  add_time(object, "expires", key.expires);
  add_time(object, "last_used", key.last_used);
  object.end();
  return out;
}

std::optional<base::Timestamp> read_expiry(const Form& form, base::Timestamp now, FieldErrors& errors) {
  const auto text = form.optional("expires", errors);
  if (!text || text->empty()) return std::nullopt;
  const auto time = parse_time(*text);
  if (!time) {
    errors.add("expires",
               "Datetime has wrong format. Use one of these formats instead: "
               "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].");
  } else if (*time <= now) {
    errors.add("expires", "Ensure this time is in the future.");
  }
  return time;
}

std::optional<base::KeyId> key_in(const http::Request& request) {
  const auto text = http::path_parameter(request.path, key_path);
  const auto number = positive_number(text.value_or(""));
  return number ? std::optional(base::KeyId{*number}) : std::nullopt;
}

}  // namespace

async::Task<http::Response> KeyHandlers::create(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto& submission = std::get<Submission>(read);
  FieldErrors errors;
  store::NewKey key;
  key.name = std::string(submission.form.required("name", Blank::white_space, errors));
  if (key.name.size() > name_bytes_max) {
    errors.add("name", "Ensure this field has no more than " + std::to_string(name_bytes_max) + " bytes.");
  }
  key.limit = read_limit(submission.form, "limit", errors);
  key.daily_limit = read_limit(submission.form, "daily_limit", errors);
  key.expires = read_expiry(submission.form, clock_.now(), errors);
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, submission.credential, errors.response(), request, usual_refusals);
  }

  const accounts::ApiKey made = accounts::make_api_key(submission.credential.account);
  key.digest = made.digest;
  const auto created = co_await store_.create_key(submission.credential, std::move(key));
  if (created.has_error()) co_return credential_failure(created.error(), Shape::detail, request, usual_refusals);
  co_return answer(201, key_object(*created, made.text));
}

async::Task<http::Response> KeyHandlers::list(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto keys = co_await store_.list_keys(std::get<Submission>(read).credential);
  if (keys.has_error()) co_return credential_failure(keys.error(), Shape::detail, request, usual_refusals);
  std::string list;
  for (const store::KeySummary& key : *keys) {
    if (!list.empty()) list += ',';
    list += key_object(key, "");
  }
  co_return answer(200, R"({"keys":[)" + list + "]}");
}

async::Task<http::Response> KeyHandlers::end(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const store::Presented credential = std::get<Submission>(read).credential;
  const auto key = key_in(request);
  if (!key) co_return co_await refuse_form(store_, credential, not_found(request), request, usual_refusals);
  const auto ended = co_await store_.end_key(credential, *key);
  if (ended.has_error()) co_return credential_failure(ended.error(), Shape::detail, request, usual_refusals);
  co_return answer(204, "");
}

async::Task<http::Response> KeyHandlers::change(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto& submission = std::get<Submission>(read);
  const store::Presented credential = submission.credential;
  FieldErrors errors;
  const auto limit = read_changed_limit(submission.form, "daily_limit", errors);
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, credential, errors.response(), request, usual_refusals);
  }
  const auto id = key_in(request);
  if (!id) co_return co_await refuse_form(store_, credential, not_found(request), request, usual_refusals);
  const auto set = co_await store_.set_key_daily_limit(credential, *id, limit);
  if (set.has_error()) co_return credential_failure(set.error(), Shape::detail, request, usual_refusals);
  const auto keys = co_await store_.list_keys(credential);
  if (keys.has_error()) co_return credential_failure(keys.error(), Shape::detail, request, usual_refusals);
  const auto key = std::ranges::find(*keys, *id, &store::KeySummary::id);
  if (key == keys->end()) co_return not_found(request);
  co_return answer(200, key_object(*key, ""));
}

}  // namespace parley::api
