#pragma once
// One server with all its parts, in the order in which they are made and taken down.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "api/operator_handlers.h"
#include "api/routes.h"
#include "app/parts.h"
#include "async/loop.h"
#include "async/offload_pool.h"
#include "base/metrics.h"
#include "chat/turns.h"
#include "http/server.h"
#include "store/sqlite/keeper.h"
#include "upstream/client.h"

namespace parley::app {

class Instance {
 public:
  struct Options {
    /// Hears once, from the writer's thread, that the store takes no more writes: the server should be stopped.
    std::function<void()> on_store_failed = nullptr;
    EnginePatience engine_patience = {};
  };

  /// Serves from here on; the settings outlive it. Raises the process's limit of file descriptors as far as it goes.
  static base::Result<std::unique_ptr<Instance>> start(const Settings& settings, Options options);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  std::uint16_t port() const noexcept { return server_->port(); }
  const std::string& admin_socket() const noexcept { return admin_socket_; }
  const store::Store& store() const noexcept { return *keeper_; }
  bool store_failed() const noexcept { return store_failed_.load(); }

  /// Takes no more connections, lets requests and turns finish, and ends every thread but the store's. Returns whether
  /// all of them did finish.
  bool stop();

 private:
  explicit Instance(const Settings& settings) : settings_(settings) {}

  base::Result<void> build(Options options);
  base::Result<void> listen();
  bool drain();
  void end();

  // What is declared first is destroyed last: the store outlives the loops, whose coroutines may hold tokens.
  const Settings& settings_;
  std::atomic<bool> store_failed_{false};
  base::SystemClock clock_;
  base::Metrics metrics_;
  std::unique_ptr<store::sqlite::Keeper> keeper_;
  std::vector<std::unique_ptr<async::Loop>> loops_;
  std::unique_ptr<async::OffloadPool> hashing_;
  std::unique_ptr<upstream::Client> client_;
  std::unique_ptr<engines::Lineup> lineup_;
  std::unique_ptr<accounts::Accounts> accounts_;
  std::unique_ptr<chat::Turns> turns_;
  std::unique_ptr<api::PublicApi> api_;
  std::unique_ptr<api::OperatorHandlers> operators_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> admin_server_;
  std::string admin_socket_;
  bool ended_ = false;
};

}  // namespace parley::app
