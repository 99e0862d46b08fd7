#pragma once
// GET /v1/models and GET /v1/models/{id} (https://platform.openai.com/docs/api-reference/models).

#include <cstdint>
#include <string>

#include "async/task.h"
#include "base/clock.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

inline constexpr std::string_view model_path = "/v1/models/{id}";

/// Safe to use from any loop.
class ModelHandlers {
 public:
  /// `model` is what is served, since `created`.
  ModelHandlers(store::Store& store, std::string model, base::Timestamp created);

  /// 200 with a list of one; 401.
  async::Task<http::Response> list(const http::Request& request);
  /// 200; 401, 404 `model_not_found`.
  async::Task<http::Response> show(const http::Request& request);

 private:
  /// The refusal of a bad credential, or nothing.
  async::Task<std::optional<http::Response>> refuse(const http::Request& request);

  store::Store& store_;
  std::string model_;
  std::string object_;
};

/// 404: no such model.
http::Response model_not_found(std::string_view model);

}  // namespace parley::api
