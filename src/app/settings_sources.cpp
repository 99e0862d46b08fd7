#include "app/settings_sources.h"

#include <toml++/toml.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/settings_table.h"

namespace parley::app {
namespace {

using base::Result;

constexpr std::uintmax_t secret_file_bytes_max = 65'536;

struct Found {
  std::string text;
  std::string source;
};
using FileValues = std::map<std::string, Found, std::less<>>;

base::Error wrong(std::string message) {
  return {.code = base::ErrorCode::invalid_input, .message = std::move(message), .detail = ""};
}

bool is_setting(std::string_view name) {
  return std::ranges::any_of(settings_table(), [name](const SettingSpec& spec) { return spec.name == name; });
}

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  return std::nullopt;
}

struct FileContent {
  FileValues values;
  CatalogSettings catalog;
};

Result<FileContent> read_file(const std::filesystem::path& path, const ReadSecret& read_secret) {
  FileContent content;
  if (path.empty()) return content;
  const std::string name = path.string();
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure))
    return wrong("The configuration file " + name + " is not there.");
  try {
    const toml::table table = toml::parse_file(name);
    for (const auto& [key, node] : table) {
      if (key.str() == models_key || key.str() == engines_key) continue;
      const std::string where = name + ", line " + std::to_string(key.source().begin.line);
      if (!is_setting(key.str())) return wrong(where + ": \"" + std::string(key.str()) + "\" is not a setting.");
      const auto text = scalar_text(node);
      if (!text) return wrong(where + ": " + std::string(key.str()) + " must be a text, a whole number or a boolean.");
      content.values[std::string(key.str())] = {*text, "file " + where};
    }
    TRY(content.catalog, read_catalog(table, name, read_secret));
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << name << ", line " << error.source().begin.line << ": " << error.description();
    return wrong(where.str());
  }
  return content;
}

Result<std::string> read_secret(const std::string& variable, const std::string& path) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  std::ifstream file(path, std::ios::binary);
  if (failure || !file) return wrong(variable + " names " + path + ", which can't be read.");
  if (size > secret_file_bytes_max) return wrong(variable + " names " + path + ", which is too large for a secret.");
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Result<std::optional<Found>> from_environment(const std::string& variable, bool secret, const SettingSources& sources) {
  const auto direct = sources.environment(variable);
  const std::string twin = variable + "_FILE";
  const auto file = secret ? sources.environment(twin) : std::nullopt;
  if (direct && file) return wrong(variable + " and " + twin + " are both set; set one of them.");
  if (direct) return std::optional(Found{*direct, "environment " + variable});
  if (file) {
    TRY(std::string text, read_secret(twin, *file));
    return std::optional(Found{std::move(text), "environment " + twin});
  }
  return std::optional<Found>();
}

Result<Found> find(const SettingSpec& spec, const SettingSources& sources, const FileValues& file) {
  if (const auto flag = sources.flags.find(spec.name); flag != sources.flags.end()) {
    return Found{flag->second, "flag --" + std::string(spec.name)};
  }
  TRY(auto own, from_environment(variable_of(spec), spec.secret, sources));
  if (own) return *own;
  if (const auto in_file = file.find(spec.name); in_file != file.end()) return in_file->second;
  if (!spec.foreign_variable.empty()) {
    TRY(auto foreign, from_environment(std::string(spec.foreign_variable), spec.secret, sources));
    if (foreign && !foreign->text.empty()) return *foreign;
  }
  return Found{std::string(spec.default_text), "default"};
}

bool was_set(const LoadedSettings& loaded, std::string_view name) {
  return std::ranges::any_of(loaded.origins, [name](const SettingOrigin& origin) {
    return origin.name == name && origin.source != "default";
  });
}

/// Whether an engine with settings of its own serves a model.
bool uses(const Settings& settings, std::string_view name, EngineChoice choice) {
  if (settings.catalog.models.empty()) return settings.engine == choice;
  return std::ranges::any_of(settings.catalog.models, [name](const catalog::Model& model) {
    return std::ranges::find(model.routes, name, &catalog::Route::engine) != model.routes.end();
  });
}

Result<void> decide_engine(LoadedSettings& loaded) {
  Settings& settings = loaded.settings;
  if (settings.engine == EngineChoice::auto_) {
    const bool configured = was_set(loaded, "openai-api-key") || was_set(loaded, "openai-base-url");
    settings.engine = !settings.local_model.empty()          ? EngineChoice::llama_server
                      : configured                           ? EngineChoice::openai
                      : was_set(loaded, "anthropic-api-key") ? EngineChoice::anthropic
                                                             : EngineChoice::offline;
  }
  if (uses(settings, "llama_server", EngineChoice::llama_server) && settings.local_model.empty()) {
    return wrong("The engine llama_server needs a local-model: a file, or a name on Hugging Face.");
  }
  if (uses(settings, "openai", EngineChoice::openai) && settings.openai_api_key.empty() &&
      !was_set(loaded, "openai-base-url")) {
    return wrong(
        "The engine openai needs openai-api-key (or OPENAI_API_KEY), or an openai-base-url that needs no key.");
  }
  if (uses(settings, "anthropic", EngineChoice::anthropic) && settings.anthropic_api_key.empty() &&
      !was_set(loaded, "anthropic-base-url")) {
    return wrong(
        "The engine anthropic needs anthropic-api-key (or ANTHROPIC_API_KEY), or an anthropic-base-url that needs no "
        "key.");
  }
  return {};
}

Result<void> check_together(const Settings& settings) {
  if (settings.registration == Registration::invitation && settings.invitation_code.empty()) {
    return wrong("registration = invitation needs an invitation-code.");
  }
  return {};
}

}  // namespace

Result<LoadedSettings> load_settings(const SettingSources& sources) {
  TRY(const FileContent file, read_file(sources.file, [&sources](const std::string& variable) -> Result<std::string> {
        TRY(const auto found, from_environment(variable, true, sources));
        return found ? found->text : std::string();
      }));
  LoadedSettings loaded;
  loaded.settings.catalog = file.catalog;
  for (const SettingSpec& spec : settings_table()) {
    TRY(const Found found, find(spec, sources, file.values));
    if (const auto assigned = spec.assign(loaded.settings, found.text); assigned.has_error()) {
      return wrong(std::string(spec.name) + " (" + found.source + ") " + assigned.error().message + ".");
    }
    const bool masked = spec.secret && !found.text.empty();
    loaded.origins.push_back({.name = spec.name, .shown = masked ? "***" : found.text, .source = found.source});
  }
  TRY_VOID(decide_engine(loaded));
  TRY_VOID(check_together(loaded.settings));
  return loaded;
}

std::optional<std::string> process_environment(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): read before any thread starts
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace parley::app
