#include "app/catalog_settings.h"

#include <algorithm>
#include <initializer_list>

namespace parley::app {
namespace {

using base::Result;

base::Error wrong(std::string message) {
  return {.code = base::ErrorCode::invalid_input, .message = std::move(message), .detail = ""};
}

/// One table of the file, and where it stands.
class Section {
 public:
  Section(const toml::table& table, const std::string& file, std::string name)
      : table_(table),
        place_(file + ", line " + std::to_string(table.source().begin.line) + ": " + std::move(name) + " ") {}

  base::Error complaint(const std::string& what) const { return wrong(place_ + what + "."); }

  Result<void> has_only(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, node] : table_) {
      if (std::ranges::find(known, key.str()) == known.end()) {
        return complaint("has a key that is not known: \"" + std::string(key.str()) + "\"");
      }
    }
    return {};
  }

  const toml::node* find(std::string_view key) const { return table_.get(key); }

  Result<std::string> text(std::string_view key) const {
    const auto* node = find(key);
    const auto value = node == nullptr ? std::nullopt : node->value_exact<std::string>();
    if (!value || value->empty()) return complaint("must have " + std::string(key) + ", a text");
    return *value;
  }

  /// A whole number from 0.
  Result<std::optional<std::int64_t>> number(std::string_view key) const {
    const auto* node = find(key);
    if (node == nullptr) return std::optional<std::int64_t>();
    const auto value = node->value_exact<std::int64_t>();
    if (!value || *value < 0) return complaint("has " + std::string(key) + ", which must be a whole number from 0");
    return value;
  }

  Result<base::Tokens> tokens(std::string_view key) const {
    TRY(const auto count, number(key));
    const auto amount = base::Tokens::from(count.value_or(0));
    if (!amount) return complaint("has " + std::string(key) + " beyond what tokens can be");
    return *amount;
  }

 private:
  const toml::table& table_;
  std::string place_;
};

Result<catalog::Price> read_price(const Section& model, const std::string& file, const std::string& name) {
  const auto* node = model.find("price");
  if (node == nullptr || node->is_integer()) {
    const bool standard = node == nullptr;
    TRY(const base::Tokens per_turn, model.tokens("price"));
    return catalog::Price(catalog::FlatPrice{standard ? *base::Tokens::from(100) : per_turn});
  }
  const auto* table = node->as_table();
  if (table == nullptr) return model.complaint("has a price that is neither a number of tokens nor a table");
  const Section price(*table, file, "the price of " + name);
  TRY_VOID(price.has_only({"input-per-1000", "output-per-1000", "minimum"}));
  catalog::UsagePrice usage;
  TRY(usage.input_per_1000, price.tokens("input-per-1000"));
  TRY(usage.output_per_1000, price.tokens("output-per-1000"));
  TRY(usage.minimum, price.tokens("minimum"));
  return catalog::Price(usage);
}

Result<std::vector<catalog::Route>> read_routes(const Section& model, const std::string& file,
                                                const std::string& name) {
  const auto* several = model.find("engines");
  if (several == nullptr) {
    TRY(std::string engine, model.text("engine"));
    TRY(std::string upstream_model, model.text("upstream-model"));
    return std::vector<catalog::Route>{{std::move(engine), std::move(upstream_model)}};
  }
  const auto* list = several->as_array();
  if (list == nullptr || model.find("engine") != nullptr || model.find("upstream-model") != nullptr) {
    return model.complaint("must have either engine and upstream-model, or engines, a list of such tables");
  }
  std::vector<catalog::Route> routes;
  for (const toml::node& item : *list) {
    const auto* table = item.as_table();
    if (table == nullptr) return model.complaint("has in engines something that is no table");
    const Section section(*table, file, "an engine of " + name);
    TRY_VOID(section.has_only({"engine", "upstream-model"}));
    catalog::Route route;
    TRY(route.engine, section.text("engine"));
    TRY(route.upstream_model, section.text("upstream-model"));
    routes.push_back(std::move(route));
  }
  return routes;
}

Result<std::vector<std::string>> read_passes(const Section& model) {
  std::vector<std::string> passes;
  const auto* node = model.find("pass");
  if (node == nullptr) return passes;
  const auto* list = node->as_array();
  if (list == nullptr) return model.complaint("has pass, which must be a list of field names");
  for (const toml::node& item : *list) {
    const auto field = item.value_exact<std::string>();
    if (!field) return model.complaint("has in pass something that is no text");
    passes.push_back(*field);
  }
  return passes;
}

Result<catalog::Model> read_model(const toml::table& table, const std::string& file) {
  const Section unnamed(table, file, "a model");
  TRY(const std::string name, unnamed.text("name"));
  const Section section(table, file, "the model \"" + name + "\"");
  TRY_VOID(section.has_only({"name", "engine", "upstream-model", "engines", "price", "output-model-tokens-max",
                             "context-model-tokens-max", "model-tokens-per-image", "pass"}));
  catalog::Model model;
  model.name = name;
  TRY(model.routes, read_routes(section, file, name));
  TRY(model.price, read_price(section, file, name));
  TRY(model.output_max, section.number("output-model-tokens-max"));
  TRY(const auto context, section.number("context-model-tokens-max"));
  model.context_max = context.value_or(model.context_max);
  TRY(const auto per_image, section.number("model-tokens-per-image"));
  model.model_tokens_per_image = per_image.value_or(model.model_tokens_per_image);
  TRY(model.passes, read_passes(section));
  return model;
}

Result<NamedEngine> read_engine(std::string_view name, const toml::table& table, const std::string& file,
                                const ReadSecret& read_secret) {
  NamedEngine engine;
  engine.name = name;
  const Section section(table, file, "the engine \"" + engine.name + "\"");
  if (std::ranges::find(own_engines, name) != std::end(own_engines)) {
    return section.complaint("has settings of its own; give this one another name");
  }
  TRY_VOID(section.has_only({"kind", "base-url", "api-key-variable"}));
  TRY(const std::string kind, section.text("kind"));
  if (kind != "openai" && kind != "anthropic") return section.complaint("must be of kind openai or anthropic");
  engine.kind = kind == "openai" ? EngineKind::openai : EngineKind::anthropic;
  TRY(engine.base_url, section.text("base-url"));
  if (section.find("api-key-variable") != nullptr) {
    TRY(const std::string variable, section.text("api-key-variable"));
    TRY(engine.api_key, read_secret(variable));
    if (engine.api_key.empty()) {
      return section.complaint("takes its key from the environment variable " + variable + ", which is not set");
    }
  }
  return engine;
}

}  // namespace

Result<CatalogSettings> read_catalog(const toml::table& file, const std::string& file_name,
                                     const ReadSecret& read_secret) {
  CatalogSettings settings;
  if (const toml::node* models = file.get(models_key)) {
    const auto* list = models->as_array();
    if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table)) {
      return wrong(file_name + ": models must be tables: [[models]].");
    }
    for (const toml::node& node : *list) {
      TRY(catalog::Model model, read_model(*node.as_table(), file_name));
      settings.models.push_back(std::move(model));
    }
  }
  if (const toml::node* engines = file.get(engines_key)) {
    const auto* tables = engines->as_table();
    if (tables == nullptr) return wrong(file_name + ": engines must be tables: [engines.NAME].");
    for (const auto& [name, node] : *tables) {
      const auto* table = node.as_table();
      if (table == nullptr) return wrong(file_name + ": engines must be tables: [engines.NAME].");
      TRY(NamedEngine engine, read_engine(name.str(), *table, file_name, read_secret));
      settings.engines.push_back(std::move(engine));
    }
  }
  return settings;
}

}  // namespace parley::app
