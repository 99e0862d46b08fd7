#include <sstream>

#include "app/settings_table.h"

namespace parley::app {
namespace {

/// A '|' would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void row(std::ostringstream& page, const SettingSpec& spec) {
  page << "| `" << spec.name << "` | " << cell(spec.unit) << " | ";
  if (!spec.default_text.empty()) page << '`' << spec.default_text << '`';
  page << " | " << cell(spec.help);
  if (!spec.foreign_variable.empty()) page << "; also read from `" << spec.foreign_variable << '`';
  if (spec.secret) page << "; a secret: masked in every print, `" << variable_of(spec) << "_FILE` names a file with it";
  page << " |\n";
}

}  // namespace

std::string settings_page() {
  std::ostringstream page;
  page << "# Settings\n\n"
          "Printed by `parley settings`. Each setting is a flag of `parley serve` (`--chat-price 50`), an environment\n"
          "variable (`PARLEY_CHAT_PRICE=50`) and a key of the TOML file that `--config` or `PARLEY_CONFIG` names\n"
          "(`chat-price = 50`; texts in quotes: `listen = \"127.0.0.1:9000\"`). A flag wins over the environment, the\n"
          "environment over the file, the file over the default.\n";
  std::string_view group;
  for (const SettingSpec& spec : settings_table()) {
    if (spec.group != group) {
      group = spec.group;
      page << "\n## " << group << "\n\n| setting | value | default | meaning |\n| --- | --- | --- | --- |\n";
    }
    row(page, spec);
  }
  return page.str();
}

}  // namespace parley::app
