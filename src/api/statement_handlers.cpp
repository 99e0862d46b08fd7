#include "api/statement_handlers.h"

#include <utility>
#include <vector>

#include "api/answers.h"
#include "api/credential.h"
#include "api/form.h"
#include "api/page.h"
#include "api/timestamps.h"
#include "json/write.h"

namespace parley::api {
namespace {

constexpr PageSize page_size{.standard = 100, .max = store::statement_lines_max};

/// Whether the page is to be CSV.
bool read_format(const PageQuery& query, FieldErrors& errors) {
  const auto format = query.field("format");
  if (format && *format != "csv" && *format != "json") errors.add("format", "Must be json or csv.");
  return format == "csv";
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
  add_next(object, next_cursor(lines));
  object.end();
  return answer(200, std::move(body));
}

http::Response csv_page(const std::vector<store::StatementLine>& lines, std::int32_t limit) {
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
    response.headers.emplace_back("Link", "</api/statement/?format=csv&limit=" + std::to_string(limit) +
                                              "&cursor=" + std::to_string(*next) + ">; rel=\"next\"");
  }
  return response;
}

}  // namespace

async::Task<http::Response> StatementHandlers::statement(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const store::Presented credential = std::get<Submission>(read).credential;
  FieldErrors errors;
  const PageQuery query(request.query, page_size, errors);
  const bool csv = read_format(query, errors);
  if (!errors.empty()) {
    co_return co_await refuse_form(store_, credential, errors.response(), request, usual_refusals);
  }
  const auto lines = co_await store_.statement(credential, query.cursor(), query.limit());
  if (lines.has_error()) co_return credential_failure(lines.error(), Shape::detail, request, usual_refusals);
  co_return csv ? csv_page(*lines, query.limit()) : json_page(*lines);
}

}  // namespace parley::api
