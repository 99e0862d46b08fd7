#include "api/model_handlers.h"

#include <algorithm>

#include "api/answers.h"
#include "api/credential.h"
#include "api/openai_error.h"
#include "http/router.h"
#include "json/write.h"

namespace parley::api {
namespace {

constexpr std::size_t name_bytes_shown_max = 200;

/// As many whole characters of a name as are shown.
std::string_view shortened(std::string_view name) noexcept {
  std::size_t bytes = std::min(name.size(), name_bytes_shown_max);
  while (bytes < name.size() && bytes > 0 && (static_cast<unsigned char>(name[bytes]) & 0xC0) == 0x80) --bytes;
  return name.substr(0, bytes);
}

std::string price_object(const catalog::Price& price) {
  std::string out;
  json::ObjectWriter object(out);
  if (const auto* flat = std::get_if<catalog::FlatPrice>(&price)) {
    object.integer("per_turn", flat->per_turn.count());
  } else {
    const auto& usage = std::get<catalog::UsagePrice>(price);
    object.integer("input_per_1000", usage.input_per_1000.count())
        .integer("output_per_1000", usage.output_per_1000.count())
        .integer("minimum", usage.minimum.count());
  }
  object.end();
  return out;
}

std::string model_object(const catalog::Model& model, bool standard) {
  std::string out;
  json::ObjectWriter object(out);
  object.string("name", model.name).boolean("default", standard).raw("price", price_object(model.price));
  model.output_max ? object.integer("output_model_tokens_max", *model.output_max)
                   : object.null("output_model_tokens_max");
  object.integer("context_model_tokens_max", model.context_max).end();
  return out;
}

}  // namespace

ModelHandlers::ModelHandlers(store::Store& store, const catalog::Catalog& catalog, base::Timestamp created)
    : store_(store),
      catalog_(catalog),
      created_s_(std::chrono::floor<std::chrono::seconds>(created).time_since_epoch().count()) {}

std::string ModelHandlers::openai_object(const catalog::Model& model) const {
  std::string out;
  json::ObjectWriter(out)
      .string("id", model.name)
      .string("object", "model")
      .integer("created", created_s_)
      .string("owned_by", "parley")
      .raw("price", price_object(model.price))
      .end();
  return out;
}

async::Task<http::Response> ModelHandlers::list(const http::Request& request) {
  auto read = co_await read_submission(store_, request, usual_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto account = co_await store_.authenticate(std::get<Submission>(read).credential);
  if (account.has_error()) co_return credential_failure(account.error(), Shape::detail, request, usual_refusals);
  std::string models;
  for (const catalog::Model& model : catalog_.models()) {
    if (!models.empty()) models += ',';
    models += model_object(model, &model == &catalog_.standard());
  }
  std::string body;
  json::ObjectWriter(body).raw("models", '[' + models + ']').end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> ModelHandlers::list_openai(const http::Request& request) {
  if (auto refused = co_await refuse_openai(request)) co_return std::move(*refused);
  std::string models;
  for (const catalog::Model& model : catalog_.models()) {
    if (!models.empty()) models += ',';
    models += openai_object(model);
  }
  std::string body;
  json::ObjectWriter(body).string("object", "list").raw("data", '[' + models + ']').end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> ModelHandlers::show_openai(const http::Request& request) {
  if (auto refused = co_await refuse_openai(request)) co_return std::move(*refused);
  const std::string name = http::path_parameter(request.path, model_path).value_or("");
  const catalog::Model* model = catalog_.find(name);
  if (model == nullptr) co_return model_not_found(name);
  co_return answer(200, openai_object(*model));
}

async::Task<std::optional<http::Response>> ModelHandlers::refuse_openai(const http::Request& request) {
  auto read = read_credential(request, openai_refusals);
  if (auto* refused = std::get_if<http::Response>(&read)) co_return std::move(*refused);
  const auto account = co_await store_.authenticate(std::get<store::Presented>(read));
  if (account.has_error()) co_return openai_failure(account.error(), request.id);
  co_return std::nullopt;
}

http::Response model_not_found(std::string_view model) {
  const std::string shown(shortened(model));
  return openai_error(404, "The model \"" + shown + "\" does not exist; GET /v1/models lists what does.",
                      {.code = "model_not_found", .param = "model"});
}

}  // namespace parley::api
