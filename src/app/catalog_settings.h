#pragma once
// The parts of the settings file that are more than one value: `[[models]]`, and `[engines.NAME]` for engines beside
// the ones that have settings of their own.

#include <toml++/toml.h>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"

namespace parley::app {

enum class EngineKind { openai, anthropic };

/// An engine that the settings file names.
struct NamedEngine {
  std::string name;
  EngineKind kind = EngineKind::openai;
  std::string base_url;
  std::string api_key;
};

struct CatalogSettings {
  std::vector<catalog::Model> models;  ///< empty: one model, by the other settings
  std::vector<NamedEngine> engines;
};

/// The value of an environment variable that holds a secret, or whose `_FILE` twin names a file with it.
using ReadSecret = std::function<base::Result<std::string>(const std::string& variable)>;

/// Names that settings of their own have, and that the file can't give away.
inline constexpr std::string_view own_engines[] = {"offline", "openai", "anthropic", "llama_server"};

inline constexpr std::string_view models_key = "models";
inline constexpr std::string_view engines_key = "engines";

/// `invalid_input` names file and line, what is wrong and what would be right.
base::Result<CatalogSettings> read_catalog(const toml::table& file, const std::string& file_name,
                                           const ReadSecret& read_secret);

}  // namespace parley::app
