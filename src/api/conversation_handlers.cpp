#include "api/conversation_handlers.h"

#include <utility>

#include "api/answers.h"
#include "api/credential.h"
#include "api/form.h"
#include "api/page.h"
#include "api/timestamps.h"
#include "http/router.h"
#include "json/write.h"

namespace parley::api {
namespace {

constexpr PageSize conversations_page{.standard = 50, .max = store::conversations_listed_max};
constexpr PageSize turns_page{.standard = 50, .max = store::turns_read_max};
constexpr std::size_t search_bytes_max = 200;

std::optional<base::ConversationId> conversation_in(const http::Request& request) {
  const auto text = http::path_parameter(request.path, conversation_path);
  const auto number = positive_number(text.value_or(""));
  return number ? std::optional(base::ConversationId{*number}) : std::nullopt;
}

std::optional<base::TurnId> turn_before(const PageQuery& query) {
  return query.cursor() ? std::optional(base::TurnId{*query.cursor()}) : std::nullopt;
}

json::ObjectWriter& add_summary(json::ObjectWriter& object, const store::ConversationSummary& conversation) {
  return object.integer("id", conversation.conversation.value)
      .string("title", conversation.title)
      .string("created", time_text(conversation.created))
      .string("updated", time_text(conversation.updated))
      .integer("turn_count", conversation.turns);
}

std::string summary_object(const store::ConversationSummary& conversation) {
  std::string out;
  json::ObjectWriter object(out);
  add_summary(object, conversation).end();
  return out;
}

std::string usage_object(const store::TurnUsage& usage) {
  std::string out;
  json::ObjectWriter(out)
      .integer("input_model_tokens", usage.input_model_tokens)
      .integer("output_model_tokens", usage.output_model_tokens)
      .end();
  return out;
}

std::string turn_object(const store::TurnRecord& turn) {
  std::string out;
  json::ObjectWriter object(out);
  object.integer("turn", turn.turn.value)
      .string("time", time_text(turn.time))
      .string("message", turn.message)
      .string("response", turn.response)
      .integer("charge", turn.charge.count())
      .string("finish_reason", turn.finish_reason);
  turn.model.empty() ? object.null("model") : object.string("model", turn.model);
  turn.usage ? object.raw("usage", usage_object(*turn.usage)) : object.null("usage");
  object.end();
  return out;
}

template <class Items, class Write>
std::string array_of(const Items& items, Write write) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += write(item);
  }
  return out += ']';
}

}  // namespace

async::Task<http::Response> ConversationHandlers::list(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const store::Presented credential = std::get<Submission>(read).credential;
  FieldErrors errors;
  const PageQuery page(request.query, conversations_page, errors);
  store::ConversationQuery query{.before = turn_before(page), .count_max = page.limit()};
  query.text = page.field("q").value_or("");
  if (query.text.size() > search_bytes_max) {
    errors.add("q", "Ensure this field has no more than " + std::to_string(search_bytes_max) + " bytes.");
  }
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, credential, errors.response(), request, usual_refusals);
  }
  const auto found = co_await store_.list_conversations(credential, std::move(query));
  if (found.has_error()) co_return credential_failure(found.error(), Shape::detail, request, usual_refusals);
  std::string body;
  json::ObjectWriter object(body);
  object.raw("conversations", array_of(found->conversations, summary_object));
  add_next(object, found->next ? std::optional(found->next->value) : std::nullopt);
  object.end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> ConversationHandlers::show(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const store::Presented credential = std::get<Submission>(read).credential;
  FieldErrors errors;
  const PageQuery page(request.query, turns_page, errors);
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, credential, errors.response(), request, usual_refusals);
  }
  const auto id = conversation_in(request);
  if (!id) co_return co_await refuse_form(store_, credential, not_found(request), request, usual_refusals);
  const auto conversation = co_await store_.find_conversation(credential, *id);
  if (conversation.has_error()) {
    co_return credential_failure(conversation.error(), Shape::detail, request, usual_refusals);
  }
  const auto turns = co_await store_.read_conversation(credential, *id, turn_before(page), page.limit());
  if (turns.has_error()) co_return credential_failure(turns.error(), Shape::detail, request, usual_refusals);
  std::string body;
  json::ObjectWriter object(body);
  add_summary(object, *conversation).raw("turns", array_of(*turns, turn_object));
  const bool first_is_shown = turns->empty() || turns->back().turn.value == id->value;
  add_next(object, first_is_shown ? std::nullopt : std::optional(turns->back().turn.value));
  object.end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> ConversationHandlers::rename(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto& submission = std::get<Submission>(read);
  const store::Presented credential = submission.credential;
  FieldErrors errors;
  const auto title = submission.form.optional("title", errors);
  if (submission.form.field("title").state == Field::State::missing) errors.add("title", "This field is required.");
  if (title && title->size() > store::title_bytes_max) {
    errors.add("title", "Ensure this field has no more than " + std::to_string(store::title_bytes_max) + " bytes.");
  }
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, credential, errors.response(), request, usual_refusals);
  }
  const auto id = conversation_in(request);
  if (!id) co_return co_await refuse_form(store_, credential, not_found(request), request, usual_refusals);
  const auto renamed = co_await store_.rename_conversation(credential, *id, std::string(title.value_or("")));
  if (renamed.has_error()) co_return credential_failure(renamed.error(), Shape::detail, request, usual_refusals);
  const auto conversation = co_await store_.find_conversation(credential, *id);
  if (conversation.has_error()) {
    co_return credential_failure(conversation.error(), Shape::detail, request, usual_refusals);
  }
  co_return answer(200, summary_object(*conversation));
}

async::Task<http::Response> ConversationHandlers::end(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const store::Presented credential = std::get<Submission>(read).credential;
  const auto id = conversation_in(request);
  if (!id) co_return co_await refuse_form(store_, credential, not_found(request), request, usual_refusals);
  const auto deleted = co_await store_.delete_conversation(credential, *id);
  if (deleted.has_error()) co_return credential_failure(deleted.error(), Shape::detail, request, usual_refusals);
  co_return answer(204, "");
}

}  // namespace parley::api
