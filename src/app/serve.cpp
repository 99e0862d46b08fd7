#include "app/serve.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>
#include <string>

#include "app/instance.h"
#include "app/stop_signals.h"
#include "app/version.h"
#include "base/log.h"

namespace parley::app {
namespace {

/// What is in memory are passwords, keys and what people say: it stays there when the process crashes, and other
/// processes of the same user can't look at it (PR_SET_DUMPABLE of prctl(2)).
void keep_memory_private() {
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

int failed(const base::Error& error) {
  std::fprintf(stderr, "parley: %s\n", error.message.c_str());
  base::log(base::LogLevel::error, "start_failed", {{"message", error.message}, {"detail", error.detail}});
  return 1;
}

void log_settings(const LoadedSettings& loaded) {
  for (const SettingOrigin& origin : loaded.origins) {
    if (origin.source == "default") continue;
    base::log(base::LogLevel::info, "setting",
              {{"name", origin.name}, {"value", origin.shown}, {"from", origin.source}});
  }
}

/// Its name and, in parentheses, what there is to know of it.
std::string engine_shown(const Settings& settings) {
  if (!settings.catalog.models.empty()) {
    std::string names;
    for (const catalog::Model& model : settings.catalog.models) names += (names.empty() ? "" : ", ") + model.name;
    return "catalog (" + names + ")";
  }
  switch (settings.engine) {
    case EngineChoice::llama_server: return "llama_server (" + settings.local_model + ", loading)";
    case EngineChoice::openai: return "openai (" + settings.openai_model + " at " + settings.openai_base_url + ")";
    case EngineChoice::anthropic:
      return "anthropic (" + settings.anthropic_model + " at " + settings.anthropic_base_url + ")";
    case EngineChoice::auto_:
    case EngineChoice::offline: break;
  }
  return "offline (echoes the message; set OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY or --local-model to "
         "connect a model)";
}

void print_start(const Settings& settings, std::uint16_t port) {
  const bool v6 = settings.listen_address.find(':') != std::string::npos;
  const std::string url =
      "http://" + (v6 ? "[" + settings.listen_address + "]" : settings.listen_address) + ":" + std::to_string(port);
  const std::string engine = engine_shown(settings);
  std::printf(
      "parley %s\n  listening  %s\n  data       %s\n  engine     %s\n  try        curl -s %s/api/register/ "
      "-H 'Content-Type: application/json' -d '{\"username\":\"testuser\",\"password\":\"securepassword\"}'\n",
      std::string(version).c_str(), url.c_str(), settings.data.c_str(), engine.c_str(), url.c_str());
  std::fflush(stdout);
  base::log(base::LogLevel::info, "started",
            {{"url", url}, {"data", settings.data.string()}, {"engine", engine.substr(0, engine.find(' '))}});
}

}  // namespace

int serve(const LoadedSettings& loaded) {
  const Settings& settings = loaded.settings;
  keep_memory_private();
  base::set_log_level(settings.log_level);
  log_settings(loaded);
  const StopSignals signals;
  const auto started = Instance::start(settings, {.on_store_failed = &StopSignals::raise});
  if (started.has_error()) return failed(started.error());
  Instance& instance = **started;
  print_start(settings, instance.port());

  const int signal = signals.wait();
  base::log(base::LogLevel::info, "stopping", {{"signal", signal}});
  const bool drained = instance.stop();
  base::log(base::LogLevel::info, "stopped", {{"finished", drained ? "all" : "cut off"}});
  return instance.store_failed() ? 1 : 0;
}

}  // namespace parley::app
