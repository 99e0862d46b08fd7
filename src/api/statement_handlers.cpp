#include "api/statement_handlers.h"

#include <charconv>
#include <utility>
#include <vector>

#include "api/answers.h"
#include "api/credential.h"
#include "api/form.h"
#include "api/timestamps.h"
#include "http/form.h"
#include "json/write.h"

namespace parley::api {
namespace {

constexpr std::size_t query_fields_max = 20;
constexpr std::int64_t lines_default = 100;

struct Page {
  std::optional<std::int64_t> before;
  std::int64_t lines = lines_default;
  bool csv = false;
};

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Page read_page(std::string_view query, FieldErrors& errors) {
  Page page;
  const auto fields = http::decode_form(query, query_fields_max);
  if (!fields) {
    errors.add("non_field_errors", "The query is not valid.");
    return page;
  }
  for (const auto& [name, value] : *fields) {
    if (name == "cursor") {
      page.before = number_in(value);
      if (!page.before || *page.before < 1) errors.add("cursor", "Invalid cursor");
    } else if (name == "limit") {
      page.lines = number_in(value).value_or(0);
      if (page.lines < 1 || page.lines > store::statement_lines_max) {
        errors.add("limit", "Ensure this value is from 1 to " + std::to_string(store::statement_lines_max) + ".");
      }
    } else if (name == "format") {
      page.csv = value == "csv";
      if (!page.csv && value != "json") errors.add("format", "Must be json or csv.");
    }
  }
  return page;
}

void add_id(json::ObjectWriter& object, std::string_view name, std::int64_t id) {
  if (id != 0) {
    object.integer(name, id);
  } else {
    object.null(name);
  }
}

std::string line_object(const store::StatementLine& line) {
  const ledger::Entry& entry = line.entry;
  std::string out;
  json::ObjectWriter object(out);
  object.integer("sequence", entry.sequence)
      .string("time", time_text(entry.time))
      .string("kind", name_of(entry.kind))
      .integer("amount", entry.amount.count())
      .integer("balance_after", entry.balance_after.count());
  add_id(object, "turn", entry.turn().value);
  add_id(object, "key", line.key ? line.key->value : 0);
  object.end();
  return out;
}

/// The cursor of the page after these lines; nothing where they reach the first entry.
std::optional<std::int64_t> next_cursor(const std::vector<store::StatementLine>& lines) {
  if (lines.empty() || lines.back().entry.sequence <= 1) return std::nullopt;
  return lines.back().entry.sequence;
}

http::Response json_page(const std::vector<store::StatementLine>& lines) {
  std::string entries;
  for (const store::StatementLine& line : lines) {
    if (!entries.empty()) entries += ',';
    entries += line_object(line);
  }
  std::string body;
  json::ObjectWriter object(body);
  object.raw("entries", '[' + entries + ']');
  if (const auto next = next_cursor(lines)) {
    object.string("next", std::to_string(*next));
  } else {
    object.null("next");
  }
  object.end();
  return answer(200, std::move(body));
}

http::Response csv_page(const std::vector<store::StatementLine>& lines, const Page& page) {
  http::Response response;
  response.content_type = "text/csv; charset=utf-8; header=present";
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"statement.csv\"");
  response.body = "sequence,time,kind,amount,balance_after,turn,key\r\n";
  for (const store::StatementLine& line : lines) {
    const ledger::Entry& entry = line.entry;
    const std::int64_t turn = entry.turn().value;
    response.body.append(std::to_string(entry.sequence)).append(",");
    response.body.append(time_text(entry.time)).append(",").append(name_of(entry.kind)).append(",");
    response.body.append(std::to_string(entry.amount.count())).append(",");
    response.body.append(std::to_string(entry.balance_after.count())).append(",");
    response.body.append(turn != 0 ? std::to_string(turn) : "").append(",");
    response.body.append(line.key ? std::to_string(line.key->value) : "").append("\r\n");
  }
  if (const auto next = next_cursor(lines)) {
    response.headers.emplace_back("Link", "</api/statement/?format=csv&limit=" + std::to_string(page.lines) +
                                              "&cursor=" + std::to_string(*next) + ">; rel=\"next\"");
  }
  return response;
}

}  // namespace

async::Task<http::Response> StatementHandlers::me(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto account = co_await store_.account(std::get<Submission>(read).credential);
  if (account.has_error()) co_return credential_failure(account.error(), Shape::detail, request, usual_refusals);
  std::string body;
  json::ObjectWriter(body)
      .string("id", std::to_string(account->account.value))
      .string("username", account->username)
      .string("created", time_text(account->created))
      .integer("balance", account->balance.available().count())
      .integer("held", account->balance.held.count())
      .end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> StatementHandlers::delete_me(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto deleted = co_await store_.delete_account(std::get<Submission>(read).credential);
  if (deleted.has_error()) co_return credential_failure(deleted.error(), Shape::detail, request, usual_refusals);
  co_return answer(204, "");
}

async::Task<http::Response> StatementHandlers::statement(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const store::Presented credential = std::get<Submission>(read).credential;
  FieldErrors errors;
  const Page page = read_page(request.query, errors);
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, credential, errors.response(), request, usual_refusals);
  }
  const auto lines = co_await store_.statement(credential, page.before, static_cast<std::int32_t>(page.lines));
  if (lines.has_error()) co_return credential_failure(lines.error(), Shape::detail, request, usual_refusals);
  co_return page.csv ? csv_page(*lines, page) : json_page(*lines);
}

}  // namespace parley::api
