#pragma once
// GET /api/models/, and GET /v1/models with GET /v1/models/{id}
// (https://platform.openai.com/docs/api-reference/models): what is offered, with prices.

#include <cstdint>
#include <string>

#include "async/task.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

inline constexpr std::string_view model_path = "/v1/models/{id}";

/// Safe to use from any loop.
class ModelHandlers {
 public:
  /// The catalog, which outlives this, is served since `created`.
  ModelHandlers(store::Store& store, const catalog::Catalog& catalog, base::Timestamp created);

  /// 200 {"models":[{"name","default","price","output_model_tokens_max","context_model_tokens_max"}, …]}; 401.
  async::Task<http::Response> list(const http::Request& request);

  /// 200 with a list of OpenAI's model objects, each with its price; 401.
  async::Task<http::Response> list_openai(const http::Request& request);
  /// 200 with one of them; 401, 404 `model_not_found`.
  async::Task<http::Response> show_openai(const http::Request& request);

 private:
  std::string openai_object(const catalog::Model& model) const;
  /// The refusal of a bad credential, or nothing.
  async::Task<std::optional<http::Response>> refuse_openai(const http::Request& request);

  store::Store& store_;
  const catalog::Catalog& catalog_;
  std::int64_t created_s_;
};

/// 404: no such model.
http::Response model_not_found(std::string_view model);

}  // namespace parley::api
