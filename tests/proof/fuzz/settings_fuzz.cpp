// The settings file, the environment and the flags: what is wrong is refused with a sentence that names what and where,
// never by a crash or an exception; what is accepted comes from the source that wins and is the same when it is typed
// again; and no secret is shown.
//
// An input is lines "NAME=value" for the environment, "--name=value" for flags, then a line "---", then the file. The
// variables that end in _FILE are given the text that follows them as their file's content.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include "app/settings_sources.h"
#include "app/settings_table.h"
#include "catalog/catalog.h"
#include "harness.h"

namespace parley::fuzz {
namespace {

/// A file in memory whose content can be set.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("settings", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {
    PROPERTY(descriptor_ >= 0);
  }
  const std::string& path() const { return path_; }
  void set(std::string_view content) const {
    PROPERTY(ftruncate(descriptor_, 0) == 0);
    PROPERTY(pwrite(descriptor_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()));
  }

 private:
  int descriptor_;
  std::string path_;
};

constexpr std::string_view secret_mark = "#7d1f9c0e55aa";

struct Input {
  std::map<std::string, std::string, std::less<>> flags;
  std::map<std::string, std::string> environment;
  std::string_view file;
  bool has_mark = false;  ///< by chance
};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

bool is_secret(std::string_view variable) {
  return std::ranges::any_of(app::settings_table(), [variable](const auto& spec) {
    const std::string own = app::variable_of(spec);
    return spec.secret && (variable == own || variable == own + "_FILE" || variable == spec.foreign_variable);
  });
}

bool is_setting(std::string_view name) {
  return std::ranges::any_of(app::settings_table(), [name](const auto& spec) { return spec.name == name; });
}

Input read_input(std::string_view text) {
  Input input;
  input.has_mark = text.find(secret_mark) != std::string_view::npos;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line == "---") break;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string value(line.substr(equals + 1));
    if (value.find('\0') != std::string::npos) continue;  // no environment and no argument has it
    if (line.starts_with("--")) {
      const std::string name(line.substr(2, equals - 2));
      if (is_setting(name)) input.flags[name] = value;  // the command line's parser lets no other through
    } else {
      const std::string variable(line.substr(0, equals));
      const bool marked = !value.empty() && is_secret(variable);
      input.environment[variable] = marked ? value + std::string(secret_mark) : value;
    }
  }
  input.file = text;
  return input;
}

const MemoryFile& settings_file() {
  static const MemoryFile file;
  return file;
}

const MemoryFile& secret_file() {
  static const MemoryFile file;
  return file;
}

std::optional<std::string> variable_in(const Input& input, const std::string& variable) {
  const auto found = input.environment.find(variable);
  if (found == input.environment.end()) return std::nullopt;
  if (!variable.ends_with("_FILE")) return found->second;
  if (found->second.starts_with("none")) return "/proc/self/fd/none";
  secret_file().set(found->second);
  return secret_file().path();
}

app::SettingSources sources_of(const Input& input) {
  settings_file().set(input.file);
  return {.flags = input.flags,
          .environment = [&input](const std::string& variable) { return variable_in(input, variable); },
          .file = settings_file().path()};
}

/// Whether a text shows something of a secret of the environment, all of which end in the mark.
bool leaks(const Input& input, std::string_view text) {
  return !input.has_mark && text.find(secret_mark) != std::string_view::npos;
}

bool names_a_setting(std::string_view message) {
  const std::size_t end = message.find(" (");
  if (end == std::string_view::npos || !is_setting(message.substr(0, end))) return false;
  const std::string_view source = message.substr(end + 2);
  const std::string file = "file " + settings_file().path() + ", line ";
  return source.starts_with("flag --") || source.starts_with("environment ") || source.starts_with(file);
}

/// "FILE, line 3: …", with a line that the file has.
bool names_a_line(std::string_view message, std::string_view file) {
  const std::string begin = settings_file().path() + ", line ";
  if (!message.starts_with(begin)) return false;
  const auto line = static_cast<std::size_t>(std::atoll(std::string(message.substr(begin.size())).c_str()));
  // toml++ also ends lines at other white space of Unicode's.
  return line >= 1 && line <= file.size() + 1 && message.find(": ") != std::string_view::npos;
}

bool names_a_variable(std::string_view message) {
  return std::ranges::any_of(app::settings_table(), [message](const app::SettingSpec& spec) {
    const auto begins = [message](std::string_view name) { return !name.empty() && message.starts_with(name); };
    return begins(app::variable_of(spec)) || begins(spec.foreign_variable);
  });
}

void check_refused(const Input& input, const base::Error& error) {
  constexpr std::array<std::string_view, 4> together = {"The engine llama_server needs ", "The engine openai needs ",
                                                        "The engine anthropic needs ", "registration = invitation "};
  const std::string& message = error.message;
  PROPERTY(error.code == base::ErrorCode::invalid_input && !message.empty());
  const bool of_table = message.starts_with(settings_file().path() + ": models must be ") ||
                        message.starts_with(settings_file().path() + ": engines must be ");
  const bool of_key_file =
      message.find("_FILE names ") != std::string::npos || message.find("_FILE are both set") != std::string::npos;
  PROPERTY(names_a_setting(message) || names_a_line(message, input.file) || names_a_variable(message) || of_table ||
           of_key_file || std::ranges::any_of(together, [&](auto begin) { return message.starts_with(begin); }));
  PROPERTY(!leaks(input, message));
}

void check_source(const Input& input, const app::SettingSpec& spec, const app::SettingOrigin& origin) {
  const std::string variable = app::variable_of(spec);
  const bool by_variable = input.environment.contains(variable);
  const bool by_twin = spec.secret && input.environment.contains(variable + "_FILE");
  PROPERTY(origin.name == spec.name);
  if (input.flags.contains(spec.name)) {
    PROPERTY(origin.source == "flag --" + std::string(spec.name));
  } else if (by_variable || by_twin) {
    PROPERTY(by_variable != by_twin);
    PROPERTY(origin.source == "environment " + variable + (by_twin ? "_FILE" : ""));
  } else {
    const bool foreign = !spec.foreign_variable.empty() &&
                         origin.source.starts_with("environment " + std::string(spec.foreign_variable));
    PROPERTY(foreign || origin.source == "default" ||
             origin.source.starts_with("file " + settings_file().path() + ", line "));
  }
  if (spec.secret) PROPERTY(origin.shown == "***" || origin.shown.empty());
  if (origin.source == "default") PROPERTY(origin.shown == spec.default_text);
}

/// What was shown, typed again, is taken as it is.
void check_again(const app::LoadedSettings& loaded) {
  Input input;
  for (const app::SettingOrigin& origin : loaded.origins) input.flags[std::string(origin.name)] = origin.shown;
  const auto again = app::load_settings(sources_of(input));
  const bool without_catalog = loaded.settings.catalog.models.empty();
  if (again.has_error()) {
    PROPERTY(!without_catalog);
    return;
  }
  PROPERTY(again->origins.size() == loaded.origins.size());
  for (std::size_t i = 0; i < loaded.origins.size(); ++i) PROPERTY(again->origins[i].shown == loaded.origins[i].shown);
  PROPERTY(again->settings.listen_port == loaded.settings.listen_port);
  PROPERTY(again->settings.chat_price == loaded.settings.chat_price);
  PROPERTY(again->settings.starting_balance == loaded.settings.starting_balance);
}

void check_accepted(const Input& input, const app::LoadedSettings& loaded) {
  const auto& table = app::settings_table();
  PROPERTY(loaded.origins.size() == table.size() && loaded.settings.engine != app::EngineChoice::auto_);
  PROPERTY(!loaded.settings.listen_address.empty() && !loaded.settings.data.empty());
  for (std::size_t i = 0; i < table.size(); ++i) check_source(input, table[i], loaded.origins[i]);
  for (const auto& origin : loaded.origins) PROPERTY(!leaks(input, origin.shown));
  for (const app::NamedEngine& engine : loaded.settings.catalog.engines) PROPERTY(!engine.base_url.empty());
  for (const catalog::Model& model : loaded.settings.catalog.models) PROPERTY(!model.name.empty());
  const auto catalog = catalog::Catalog::create(loaded.settings.catalog.models);
  if (catalog.has_error()) {
    PROPERTY(catalog.error().code == base::ErrorCode::invalid_input && catalog.error().message.ends_with('.'));
  } else {
    for (const catalog::Model& model : catalog->models()) PROPERTY(catalog->find(model.name) == &model);
  }
  check_again(loaded);
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  const fuzz::Input input = fuzz::read_input(fuzz::text_of(data, size));
  const auto loaded = app::load_settings(fuzz::sources_of(input));
  if (loaded.has_error()) {
    fuzz::check_refused(input, loaded.error());
  } else {
    fuzz::check_accepted(input, *loaded);
  }
  return 0;
}
