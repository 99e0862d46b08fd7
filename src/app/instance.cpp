#include "app/instance.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "app/metrics.h"
#include "app/version.h"
#include "base/log.h"

namespace parley::app {
namespace {

constexpr std::chrono::seconds drain_max{10};
/// For what is cut off then to tell its clients.
constexpr std::chrono::seconds farewell_max{1};
/// Kept free for the store, the log and upstream connections.
constexpr rlim_t descriptors_reserved = 512;

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

}  // namespace

base::Result<std::unique_ptr<Instance>> Instance::start(const Settings& settings, Options options) {
  std::unique_ptr<Instance> instance(new Instance(settings));
  TRY_VOID(instance->build(std::move(options)));
  TRY_VOID(instance->listen());
  return instance;
}

Instance::~Instance() {
  end();
}

base::Result<void> Instance::build(Options options) {
  const auto on_fatal = [this, tell = std::move(options.on_store_failed)](const base::Error& error) {
    base::log(base::LogLevel::error, "store_failed", {{"detail", error.detail}});
    store_failed_ = true;
    if (tell) tell();
  };
  TRY(keeper_, open_keeper(settings_, clock_, &metrics_, on_fatal));
  store::Store& store = *keeper_;
  loops_ = make_loops(settings_.threads);
  hashing_ = std::make_unique<async::OffloadPool>(hashing_limits());
  client_ = std::make_unique<upstream::Client>(contexts_of(loops_));
  TRY(lineup_, make_lineup(settings_, options.engine_patience, *client_, clock_, &metrics_));
  TRY(auto trusted_proxies, api::TrustedProxies::parse(settings_.trusted_proxies));

  accounts_ = std::make_unique<accounts::Accounts>(store, *hashing_, clock_, loops_.front()->executor(),
                                                   account_settings(settings_));
  turns_ =
      std::make_unique<chat::Turns>(store, *lineup_, clock_, metrics_, contexts_of(loops_), turn_settings(settings_));
  const api::PublicApi::Parts parts{
      .store = store, .accounts = *accounts_, .turns = *turns_, .clock = clock_, .metrics = metrics_};
  api_ = std::make_unique<api::PublicApi>(
      parts, api::PublicApi::Settings{.trusted_proxies = std::move(trusted_proxies),
                                      .message_characters_max = settings_.message_characters_max,
                                      .is_metrics_token = metrics_token_check(settings_),
                                      .version = version});
  operators_ = std::make_unique<api::OperatorHandlers>(store, *accounts_);
  return {};
}

base::Result<void> Instance::listen() {
  server_ = std::make_unique<http::Server>(pointers_to(loops_), http_limits(settings_), api_->handler(), &api::refusal);
  const std::vector<async::Loop*> first_loop{loops_.front().get()};
  admin_server_ = std::make_unique<http::Server>(first_loop, http::Limits(), operators_->handler(), &api::refusal);
  register_metrics(metrics_, *keeper_, *hashing_, *server_);
  TRY_VOID(server_->listen_tcp(settings_.listen_address, settings_.listen_port));
  admin_socket_ = admin_socket_path(settings_.data);
  if (auto bound = admin_server_->listen_unix(admin_socket_); bound.has_error()) {
    base::log(base::LogLevel::warning, "no_admin_socket", {{"path", admin_socket_}, {"why", bound.error().message}});
  }
  return {};
}

bool Instance::stop() {
  api_->start_draining();
  server_->stop_accepting();
  admin_server_->stop_accepting();
  const bool drained = drain() && admin_server_->wait_until_idle(std::chrono::seconds(1));
  end();
  unlink(admin_socket_.c_str());
  return drained;
}

/// Waits for requests and turns to finish; streams that don't are told so. Returns whether all of them did.
bool Instance::drain() {
  const auto begin = std::chrono::steady_clock::now();
  if (server_->wait_until_idle(drain_max) && turns_->wait_until_idle(std::chrono::ceil<std::chrono::milliseconds>(
                                                 begin + drain_max - std::chrono::steady_clock::now()))) {
    return true;
  }
  turns_->stop();
  turns_->wait_until_idle(farewell_max);
  server_->wait_until_idle(farewell_max);
  return false;
}

void Instance::end() {
  if (std::exchange(ended_, true)) return;
  for (const auto& loop : loops_) loop->stop();
  if (client_) client_->close();
  if (hashing_) hashing_->stop();
  if (keeper_) keeper_->drain();
}

}  // namespace parley::app
