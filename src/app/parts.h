#pragma once
// From settings to parts: how each part of the server is made of its share of the settings.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "accounts/accounts.h"
#include "app/settings.h"
#include "async/offload_pool.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "chat/turns.h"
#include "engines/lineup.h"
#include "engines/model_server.h"
#include "engines/rest.h"
#include "store/sqlite/keeper.h"
#include "upstream/client.h"

namespace parley::app {

/// Opens the data folder for writing; `on_fatal` hears once of an I/O error after which the store takes no more writes.
/// `metrics` may be null, and outlives the keeper.
base::Result<std::unique_ptr<store::sqlite::Keeper>> open_keeper(const Settings& settings, const base::Clock& clock,
                                                                 base::Metrics* metrics,
                                                                 std::function<void(const base::Error&)> on_fatal);

/// One hashing thread per core less one, at least one; a short queue.
async::OffloadLimits hashing_limits();

accounts::Settings account_settings(const Settings& settings);

chat::TurnSettings turn_settings(const Settings& settings);

/// How often an engine that has an address is asked again, and how long it is left alone after it failed.
struct EnginePatience {
  engines::RetryLimits retries = {};
  engines::RestLimits rest = {};
};

/// The catalog with its engines: what the settings file has, else the one model of `settings.engine`. `invalid_input`
/// where it can't be served. Client, clock and metrics must outlive it.
base::Result<std::unique_ptr<engines::Lineup>> make_lineup(const Settings& settings, const EnginePatience& patience,
                                                           upstream::Client& client, const base::Clock& clock,
                                                           base::Metrics* metrics);

/// Where the server that has the folder listens for the operator.
std::string admin_socket_path(const std::filesystem::path& data);

}  // namespace parley::app
