#pragma once
// Where settings come from, and which wins: flag, then environment, then configuration file, then default.

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/error.h"

namespace parley::app {

struct SettingSources {
  std::map<std::string, std::string, std::less<>> flags;  ///< by setting name
  std::function<std::optional<std::string>(const std::string& variable)> environment;
  std::filesystem::path file;  ///< TOML; empty: none
};

/// Where one setting's value was found.
struct SettingOrigin {
  std::string_view name;
  std::string shown;   ///< the value as typed; secrets masked
  std::string source;  ///< "flag --listen", "environment PARLEY_LISTEN", "file parley.toml", "default"
};

struct LoadedSettings {
  Settings settings;  ///< `engine` is decided: no longer auto_
  std::vector<SettingOrigin> origins;
};

/// Reads every setting of the table from the first source that has it. `invalid_input` names the setting, its source
/// and what would be right; so does a key of the file that is no setting, with its line.
base::Result<LoadedSettings> load_settings(const SettingSources& sources);

/// The environment of this process.
std::optional<std::string> process_environment(const std::string& variable);

}  // namespace parley::app
