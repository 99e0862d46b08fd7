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

}  // namespace

ModelHandlers::ModelHandlers(store::Store& store, std::string model, base::Timestamp created)
    : store_(store), model_(std::move(model)) {
  json::ObjectWriter(object_)
      .string("id", model_)
      .string("object", "model")
      .integer("created", std::chrono::floor<std::chrono::seconds>(created).time_since_epoch().count())
      .string("owned_by", "parley")
      .end();
}

async::Task<http::Response> ModelHandlers::list(const http::Request& request) {
  if (auto refused = co_await refuse(request)) co_return std::move(*refused);
  std::string body;
  json::ObjectWriter(body).string("object", "list").raw("data", '[' + object_ + ']').end();
  co_return answer(200, std::move(body));
}

async::Task<http::Response> ModelHandlers::show(const http::Request& request) {
  if (auto refused = co_await refuse(request)) co_return std::move(*refused);
  const auto asked = http::path_parameter(request.path, model_path);
  if (asked != model_) co_return model_not_found(asked.value_or(""));
  co_return answer(200, object_);
}

async::Task<std::optional<http::Response>> ModelHandlers::refuse(const http::Request& request) {
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
