#pragma once
// What is offered: models, the engines that serve them, their prices and limits.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/price.h"

namespace parley::catalog {

/// An engine that serves a model, under the name that the engine's server has for it.
struct Route {
  std::string engine;
  std::string upstream_model;
  friend bool operator==(const Route&, const Route&) = default;
};

/// Fields of OpenAI's API that cost what no price covers: they go to the engine only where a model says so.
inline constexpr std::string_view costly_fields[] = {"service_tier", "store", "background"};

struct Model {
  std::string name;
  std::vector<Route> routes;  ///< in the order in which they are tried
  Price price;
  std::optional<std::int64_t> output_max = std::nullopt;  ///< in model tokens, of one answer
  std::int64_t context_max = 8'192;             ///< in model tokens: of a conversation, what the model is given
  std::int64_t model_tokens_per_image = 1'500;  ///< what an image is estimated at
  std::vector<std::string> passes = {};         ///< of costly_fields, those that go to the engine
};

class Catalog {
 public:
  /// `invalid_input`, naming the model, where there is none, or too many; a name is empty, longer than 200 bytes, has
  /// control characters, or comes twice; a model has no route or the same one twice, a negative price or a limit below
  /// 1; a field to pass is none of costly_fields; or a price by usage comes without a limit of output, without which no
  /// hold would be enough.
  static base::Result<Catalog> create(std::vector<Model> models);

  const std::vector<Model>& models() const noexcept { return models_; }
  /// Null where there is none of that name.
  const Model* find(std::string_view name) const noexcept;
  /// Who names no model gets this one: the first.
  const Model& standard() const noexcept { return models_.front(); }

 private:
  explicit Catalog(std::vector<Model> models) : models_(std::move(models)) {}
  std::vector<Model> models_;
};

}  // namespace parley::catalog
