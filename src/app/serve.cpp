#include "app/serve.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "accounts/accounts.h"
#include "api/operator_handlers.h"
#include "api/routes.h"
#include "app/metrics.h"
#include "app/parts.h"
#include "app/version.h"
#include "async/loop.h"
#include "async/offload_pool.h"
#include "base/log.h"
#include "http/server.h"
#include "store/sqlite/keeper.h"
#include "upstream/client.h"

namespace parley::app {
namespace {

constexpr std::chrono::seconds drain_max{10};
/// For what is cut off then to tell its clients.
constexpr std::chrono::seconds farewell_max{1};
/// Kept free for the store, the log and upstream connections.
constexpr rlim_t descriptors_reserved = 512;

/// What is in memory are passwords, keys and what people say: it stays there when the process crashes, and other
/// processes of the same user can't look at it (PR_SET_DUMPABLE of prctl(2)).
void keep_memory_private() {
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

/// The signals that end the server, blocked in every thread and waited for in this one.
class StopSignals {
 public:
  StopSignals() {
    std::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  int wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
    return signal;
  }

  /// Has wait() return, from any thread.
  static void raise() { kill(getpid(), SIGTERM); }

 private:
  sigset_t set_{};
};

/// Raises the limit of file descriptors as far as it goes; returns how many connections fit below it.
std::size_t connections_that_fit(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t reserved = std::min(descriptors_reserved, limit.rlim_cur / 2);
  return std::min<std::size_t>(wanted, limit.rlim_cur - reserved);
}

std::vector<std::unique_ptr<async::Loop>> make_loops(std::int64_t threads) {
  const std::size_t count =
      threads > 0 ? static_cast<std::size_t>(threads) : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::unique_ptr<async::Loop>> loops;
  loops.reserve(count);
  for (std::size_t index = 0; index < count; ++index) {
    loops.push_back(std::make_unique<async::Loop>("loop-" + std::to_string(index)));
  }
  return loops;
}

std::vector<async::Loop*> pointers_to(const std::vector<std::unique_ptr<async::Loop>>& loops) {
  std::vector<async::Loop*> pointers;
  pointers.reserve(loops.size());
  for (const auto& loop : loops) pointers.push_back(loop.get());
  return pointers;
}

std::vector<async::asio::io_context*> contexts_of(const std::vector<std::unique_ptr<async::Loop>>& loops) {
  std::vector<async::asio::io_context*> contexts;
  contexts.reserve(loops.size());
  for (const auto& loop : loops) contexts.push_back(&loop->context());
  return contexts;
}

http::Limits http_limits(const Settings& settings) {
  http::Limits limits;
  limits.body_bytes_max = static_cast<std::size_t>(settings.body_bytes_max);
  limits.connections_max = connections_that_fit(static_cast<std::size_t>(settings.connections_max));
  return limits;
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

/// Waits for requests and turns to finish; streams that don't are told so. Returns whether all of them did.
bool drain(const http::Server& server, chat::Turns& turns) {
  const auto begin = std::chrono::steady_clock::now();
  if (server.wait_until_idle(drain_max) && turns.wait_until_idle(std::chrono::ceil<std::chrono::milliseconds>(
                                               begin + drain_max - std::chrono::steady_clock::now()))) {
    return true;
  }
  turns.stop();
  turns.wait_until_idle(farewell_max);
  server.wait_until_idle(farewell_max);
  return false;
}

}  // namespace

int serve(const LoadedSettings& loaded) {
  const Settings& settings = loaded.settings;
  keep_memory_private();
  base::set_log_level(settings.log_level);
  log_settings(loaded);
  const StopSignals signals;
  std::atomic<bool> store_failed{false};

  // What is declared first is destroyed last: the store outlives the loops, whose coroutines may hold tokens.
  const base::SystemClock clock;
  base::Metrics metrics;
  auto keeper = open_keeper(settings, clock, &metrics, [&store_failed](const base::Error& error) {
    base::log(base::LogLevel::error, "store_failed", {{"detail", error.detail}});
    store_failed = true;
    StopSignals::raise();
  });
  if (keeper.has_error()) return failed(keeper.error());
  store::Store& store = **keeper;
  const auto loops = make_loops(settings.threads);
  async::OffloadPool hashing(hashing_limits());
  upstream::Client client(contexts_of(loops));
  const auto lineup = make_lineup(settings, client, clock, &metrics);
  if (lineup.has_error()) return failed(lineup.error());
  auto trusted_proxies = api::TrustedProxies::parse(settings.trusted_proxies);
  if (trusted_proxies.has_error()) return failed(trusted_proxies.error());

  accounts::Accounts accounts(store, hashing, clock, loops.front()->executor(), account_settings(settings));
  chat::Turns turns(store, **lineup, clock, metrics, contexts_of(loops), turn_settings(settings));
  api::PublicApi api({.store = store, .accounts = accounts, .turns = turns, .clock = clock, .metrics = metrics},
                     {.trusted_proxies = *trusted_proxies,
                      .message_characters_max = settings.message_characters_max,
                      .is_metrics_token = metrics_token_check(settings),
                      .version = version});
  api::OperatorHandlers operators(store, accounts);

  http::Server server(pointers_to(loops), http_limits(settings), api.handler(), &api::refusal);
  http::Server admin_server({loops.front().get()}, http::Limits(), operators.handler(), &api::refusal);
  register_metrics(metrics, store, hashing, server);
  if (auto bound = server.listen_tcp(settings.listen_address, settings.listen_port); bound.has_error()) {
    return failed(bound.error());
  }
  const std::string admin_socket = admin_socket_path(settings.data);
  if (auto bound = admin_server.listen_unix(admin_socket); bound.has_error()) {
    base::log(base::LogLevel::warning, "no_admin_socket", {{"path", admin_socket}, {"why", bound.error().message}});
  }
  print_start(settings, server.port());

  const int signal = signals.wait();
  base::log(base::LogLevel::info, "stopping", {{"signal", signal}});
  api.start_draining();
  server.stop_accepting();
  admin_server.stop_accepting();
  const bool drained = drain(server, turns) && admin_server.wait_until_idle(std::chrono::seconds(1));
  for (const auto& loop : loops) loop->stop();
  client.close();
  hashing.stop();
  store.drain();
  unlink(admin_socket.c_str());
  base::log(base::LogLevel::info, "stopped", {{"finished", drained ? "all" : "cut off"}});
  return store_failed ? 1 : 0;
}

}  // namespace parley::app
