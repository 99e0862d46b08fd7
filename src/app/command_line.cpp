#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "app/backup_command.h"
#include "app/bench_command.h"
#include "app/serve.h"
#include "app/settings_sources.h"
#include "app/settings_table.h"
#include "app/user_command.h"
#include "app/verify_command.h"
#include "app/version.h"

namespace parley::app {
namespace {

constexpr int exit_misused = 2;
// What clients were told is kept until the end, and held against every row.
constexpr int bench_clients_max = 1'000;
constexpr int bench_accounts_max = 100;
constexpr int bench_seconds_max = 600;

/// The flags of one subcommand, and what was typed for them.
struct Flags {
  std::map<std::string, std::string, std::less<>> values;  ///< every flag's, empty where it was not typed
  std::string config;

  SettingSources sources(const CLI::App& command) const {
    SettingSources sources{.flags = {}, .environment = &process_environment, .file = config};
    for (const auto& [name, value] : values) {
      if (command.count("--" + name) > 0) sources.flags.emplace(name, value);
    }
    return sources;
  }
};

std::string help_of(const SettingSpec& spec) {
  std::string help(spec.help);
  if (!spec.default_text.empty()) help += " [" + std::string(spec.default_text) + "]";
  return help;
}

void add_config(CLI::App& command, Flags& flags) {
  command.add_option("--config", flags.config, "TOML file of settings, by the names of these flags")
      ->type_name("FILE")
      ->envname("PARLEY_CONFIG");
}

void add_flag(CLI::App& command, Flags& flags, const SettingSpec& spec) {
  command.add_option("--" + std::string(spec.name), flags.values[std::string(spec.name)], help_of(spec))
      ->type_name(std::string(spec.unit))
      ->group(std::string(spec.group));
}

void add_all_flags(CLI::App& command, Flags& flags) {
  add_config(command, flags);
  for (const SettingSpec& spec : settings_table()) add_flag(command, flags, spec);
}

void add_data_flag(CLI::App& command, Flags& flags) {
  add_config(command, flags);
  for (const SettingSpec& spec : settings_table()) {
    if (spec.name == "data") add_flag(command, flags, spec);
  }
}

int with_settings(const CLI::App& command, const Flags& flags, const std::function<int(const LoadedSettings&)>& run) {
  const auto loaded = load_settings(flags.sources(command));
  if (loaded.has_error()) {
    std::fprintf(stderr, "parley: %s\n", loaded.error().message.c_str());
    return exit_misused;
  }
  return run(*loaded);
}

void add_user_commands(CLI::App& user, Flags& flags, UserCommand& command) {
  user.require_subcommand(1);
  const auto add = [&](const char* name, const char* help, UserAction action) {
    CLI::App* sub = user.add_subcommand(name, help);
    add_data_flag(*sub, flags);
    sub->callback([&command, action] { command.action = action; });
    if (action != UserAction::list) sub->add_option("username", command.username, "The account's username")->required();
    return sub;
  };
  const char* password_help = "Read the password from standard input, one line; otherwise one is made and printed";
  CLI::App* create = add("create", "Open an account", UserAction::create);
  create->add_flag("--password-stdin", command.password_from_stdin, password_help);
  create->add_option("--balance", command.tokens, "Opening balance instead of starting-balance")->type_name("TOKENS");
  add("credit", "Add tokens to an account, or take them away (a negative number)", UserAction::credit)
      ->add_option("tokens", command.tokens,
                   "How many; a negative number takes tokens away, never more than are available")
      ->required();
  add("disable", "End the account's credentials and refuse its logins", UserAction::disable);
  add("enable", "Let a disabled account log in again", UserAction::enable);
  add("reset-password", "Set a new password, which ends every credential", UserAction::reset_password)
      ->add_flag("--password-stdin", command.password_from_stdin, password_help);
  add("list", "Every account with its balance", UserAction::list);
}

void add_bench_flags(CLI::App& bench, BenchCommand& command) {
  bench.add_flag("--prove", command.prove,
                 "Race few accounts with duplicated keys, cancelled streams and killed engines");
  const auto add_number = [&bench](const char* name, auto& number, const char* help, int max) {
    bench.add_option(name, number, help)->check(CLI::Range(1, max))->type_name("1…" + std::to_string(max));
  };
  add_number("--clients", command.clients, "How many race [64]", bench_clients_max);
  add_number("--accounts", command.accounts, "How many they share [4]", bench_accounts_max);
  add_number("--seconds", command.seconds, "How long [10]", bench_seconds_max);
  bench.add_option("--data", command.data, "A new folder for the data, which stays; else there is a temporary one")
      ->type_name("FOLDER");
}

}  // namespace

int run_command_line(int argument_count, char** arguments) {
  CLI::App parley("A metered AI chat server: accounts, a prepaid balance of tokens, and chat with an AI model.",
                  "parley");
  parley.set_version_flag("--version", std::string("parley ") + std::string(version));
  parley.require_subcommand(1);
  parley.failure_message(CLI::FailureMessage::help);
  parley.footer(
      "Every setting of `serve` is also an environment variable (--chat-price: PARLEY_CHAT_PRICE; secrets also\n"
      "as PARLEY_…_FILE) and a key of the file that --config names.");

  Flags serve_flags;
  Flags verify_flags;
  Flags backup_flags;
  Flags user_flags;
  UserCommand user_command;
  CLI::App* serve_command = parley.add_subcommand("serve", "Start the server");
  add_all_flags(*serve_command, serve_flags);
  CLI::App* verify =
      parley.add_subcommand("verify", "Check every invariant of the stored data; exit 0 sound, 1 unsound");
  add_data_flag(*verify, verify_flags);
  std::string backup_file;
  CLI::App* backup =
      parley.add_subcommand("backup", "Copy the data to one file, beside a running server or without one");
  add_data_flag(*backup, backup_flags);
  backup->add_option("file", backup_file, "The file to make; it must not exist")->required();
  CLI::App* restore = parley.add_subcommand("restore", "Make the data folder out of a backup");
  add_data_flag(*restore, backup_flags);
  restore->add_option("file", backup_file, "The file that `parley backup` made")->required();
  CLI::App* user = parley.add_subcommand("user", "Manage accounts, beside a running server or without one");
  add_user_commands(*user, user_flags, user_command);
  BenchCommand bench_command;
  CLI::App* bench = parley.add_subcommand("bench", "Prove on this machine that the books are exact (--prove)");
  add_bench_flags(*bench, bench_command);
  CLI::App* settings = parley.add_subcommand("settings", "Print every setting as a Markdown page");

  try {
    parley.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return parley.exit(error) == 0 ? 0 : exit_misused;
  }

  if (serve_command->parsed()) return with_settings(*serve_command, serve_flags, &serve);
  if (verify->parsed()) {
    return with_settings(*verify, verify_flags,
                         [](const LoadedSettings& loaded) { return run_verify(loaded.settings.data); });
  }
  if (backup->parsed()) {
    return with_settings(*backup, backup_flags,
                         [&](const LoadedSettings& loaded) { return run_backup(loaded.settings.data, backup_file); });
  }
  if (restore->parsed()) {
    return with_settings(*restore, backup_flags,
                         [&](const LoadedSettings& loaded) { return run_restore(backup_file, loaded.settings.data); });
  }
  if (settings->parsed()) {
    std::fputs(settings_page().c_str(), stdout);
    return 0;
  }
  if (bench->parsed()) return run_bench(bench_command);
  const CLI::App& chosen = *user->get_subcommands().front();
  return with_settings(chosen, user_flags,
                       [&](const LoadedSettings& loaded) { return run_user_command(user_command, loaded.settings); });
}

}  // namespace parley::app
