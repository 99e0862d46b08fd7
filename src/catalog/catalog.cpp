#include "catalog/catalog.h"

#include <algorithm>
#include <utility>

namespace parley::catalog {
namespace {

constexpr std::size_t models_max = 1'000;
constexpr std::size_t routes_max = 16;
constexpr std::size_t name_bytes_max = 200;

base::Error invalid(std::string message) {
  return {.code = base::ErrorCode::invalid_input, .message = std::move(message), .detail = ""};
}

bool fits(std::string_view name) noexcept {
  return !name.empty() && name.size() <= name_bytes_max &&
         std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool negative(const Price& price) noexcept {
  if (const auto* flat = std::get_if<FlatPrice>(&price)) return flat->per_turn.negative();
  const auto& usage = std::get<UsagePrice>(price);
  return usage.input_per_1000.negative() || usage.output_per_1000.negative() || usage.minimum.negative();
}

base::Result<void> check(const Model& model) {
  if (!fits(model.name)) {
    return invalid("A model's name must be 1 to 200 bytes without control characters.");
  }
  const std::string which = "The model \"" + model.name + "\" ";
  if (model.routes.empty() || model.routes.size() > routes_max) return invalid(which + "must have 1 to 16 engines.");
  for (const Route& route : model.routes) {
    if (!fits(route.engine) || !fits(route.upstream_model)) {
      return invalid(which + "has an engine without a name, or without the name that it has for the model.");
    }
  }
  for (const Route& route : model.routes) {
    if (std::ranges::count(model.routes, route) > 1) return invalid(which + "has the same engine twice.");
  }
  if (negative(model.price)) return invalid(which + "has a negative price.");
  if (std::holds_alternative<UsagePrice>(model.price) && !model.output_max) {
    return invalid(which + "has a price by usage and needs output-model-tokens-max.");
  }
  if (model.output_max.value_or(1) < 1 || model.context_max < 1 || model.model_tokens_per_image < 0) {
    return invalid(which + "has a limit below 1.");
  }
  for (const std::string& field : model.passes) {
    if (std::ranges::find(costly_fields, field) == std::end(costly_fields)) {
      return invalid(which + "can't pass \"" + field + "\": only service_tier, store and background are held back.");
    }
  }
  return {};
}

}  // namespace

base::Result<Catalog> Catalog::create(std::vector<Model> models) {
  if (models.empty() || models.size() > models_max) return invalid("There must be 1 to 1,000 models.");
  for (const Model& model : models) {
    TRY_VOID(check(model));
    const auto same_name = [&](const Model& other) { return other.name == model.name; };
    if (std::ranges::count_if(models, same_name) > 1) return invalid("The model \"" + model.name + "\" comes twice.");
  }
  return Catalog(std::move(models));
}

const Model* Catalog::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(models_, name, &Model::name);
  return found == models_.end() ? nullptr : &*found;
}

}  // namespace parley::catalog
