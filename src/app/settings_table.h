#pragma once
// The one table of settings: from it come the flags, the environment variables, the keys of the configuration file, the
// help, the documentation and the print at the start.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/error.h"

namespace parley::app {

struct SettingSpec {
  std::string_view name;          ///< "starting-balance": flag and file key; PARLEY_STARTING_BALANCE in the environment
  std::string_view unit;          ///< what a value is: "TOKENS", "SECONDS", "a|b|c"
  std::string_view default_text;  ///< as it would be typed
  std::string_view group;         ///< heading in help and documentation
  std::string_view help;          ///< one sentence without its full stop
  /// Also read where the setting is nowhere else: a variable that other programs rely on too; empty: none.
  std::string_view foreign_variable = {};
  bool secret = false;  ///< masked wherever settings are printed; has a `…_FILE` twin in the environment
  /// Checks the text and stores it; says what would be right where it isn't.
  std::function<base::Result<void>(Settings&, const std::string&)> assign;
};

/// In the order in which help and documentation show them.
const std::vector<SettingSpec>& settings_table();

/// "PARLEY_STARTING_BALANCE" for "starting-balance".
std::string variable_of(const SettingSpec& spec);

/// The table as a Markdown page: docs/settings.md.
std::string settings_page();

}  // namespace parley::app
