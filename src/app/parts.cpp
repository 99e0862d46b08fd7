#include "app/parts.h"

#include <algorithm>
#include <thread>

#include "engines/anthropic.h"
#include "engines/llama_server.h"
#include "engines/local_model.h"
#include "engines/offline.h"
#include "engines/openai.h"

namespace parley::app {
namespace {

constexpr std::size_t queued_hashes_max = 32;

upstream::Limits engine_limits(const Settings& settings) {
  upstream::Limits limits;
  limits.connect = std::chrono::seconds(settings.engine_connect_s);
  limits.first_byte = std::chrono::seconds(settings.engine_first_byte_s);
  limits.between_bytes = std::chrono::seconds(settings.engine_between_bytes_s);
  limits.whole = std::chrono::seconds(settings.engine_whole_s);
  limits.reply_bytes_max = static_cast<std::size_t>(settings.engine_reply_bytes_max);
  return limits;
}

base::Result<catalog::Route> only_route(const Settings& settings) {
  switch (settings.engine) {
    case EngineChoice::openai: return catalog::Route{.engine = "openai", .upstream_model = settings.openai_model};
    case EngineChoice::anthropic:
      return catalog::Route{.engine = "anthropic", .upstream_model = settings.anthropic_model};
    case EngineChoice::llama_server: {
      TRY(engines::LocalModel local, engines::find_local_model(settings.local_model));
      return catalog::Route{.engine = "llama_server", .upstream_model = std::move(local.name)};
    }
    case EngineChoice::auto_:
    case EngineChoice::offline: break;
  }
  return catalog::Route{.engine = "offline", .upstream_model = "offline"};
}

/// The model that is served where the settings file has none.
base::Result<catalog::Model> only_model(const Settings& settings) {
  catalog::Model model;
  TRY(catalog::Route route, only_route(settings));
  model.routes.push_back(std::move(route));
  model.name = model.routes.front().upstream_model;
  model.price = catalog::FlatPrice{settings.chat_price};
  if (settings.output_model_tokens_max > 0) model.output_max = settings.output_model_tokens_max;
  return model;
}

using MadeEngine = base::Result<std::unique_ptr<engines::Engine>>;

/// Makes the engine of a name; null where there is none.
class EngineMaker {
 public:
  EngineMaker(const Settings& settings, const EnginePatience& patience, upstream::Client& client,
              const base::Clock& clock, base::Metrics* metrics)
      : settings_(settings), patience_(patience), client_(client), clock_(clock), metrics_(metrics) {}

  MadeEngine make(const std::string& name) const {
    if (name == "offline") return std::make_unique<engines::Offline>();
    if (name == "openai") return openai(name, settings_.openai_base_url, settings_.openai_api_key);
    if (name == "anthropic") return anthropic(name, settings_.anthropic_base_url, settings_.anthropic_api_key);
    if (name == "llama_server") return llama_server();
    const auto named = std::ranges::find(settings_.catalog.engines, name, &NamedEngine::name);
    if (named == settings_.catalog.engines.end()) return nullptr;
    return named->kind == EngineKind::openai ? openai(name, named->base_url, named->api_key)
                                             : anthropic(name, named->base_url, named->api_key);
  }

 private:
  MadeEngine llama_server() const {
    const engines::LlamaServerSettings llama{.program = settings_.llama_server_path,
                                             .model = settings_.local_model,
                                             .context_model_tokens = settings_.local_model_context,
                                             .limits = engine_limits(settings_)};
    TRY(auto engine, engines::LlamaServer::create(llama, client_, clock_, metrics_));
    return engine;
  }

  MadeEngine openai(const std::string& name, const std::string& base_url, const std::string& api_key) const {
    const engines::OpenAiSettings openai{.base_url = base_url,
                                         .api_key = api_key,
                                         .name = name,
                                         .limits = engine_limits(settings_),
                                         .retries = patience_.retries,
                                         .rest = patience_.rest};
    TRY(auto engine, engines::OpenAi::create(openai, client_, clock_, metrics_));
    return engine;
  }

  MadeEngine anthropic(const std::string& name, const std::string& base_url, const std::string& api_key) const {
    const engines::AnthropicSettings anthropic{.name = name,
                                               .base_url = base_url,
                                               .api_key = api_key,
                                               .limits = engine_limits(settings_),
                                               .retries = patience_.retries,
                                               .rest = patience_.rest};
    TRY(auto engine, engines::Anthropic::create(anthropic, client_, clock_, metrics_));
    return engine;
  }

  const Settings& settings_;
  const EnginePatience& patience_;
  upstream::Client& client_;
  const base::Clock& clock_;
  base::Metrics* metrics_;
};

}  // namespace

base::Result<std::unique_ptr<store::sqlite::Keeper>> open_keeper(const Settings& settings, const base::Clock& clock,
                                                                 base::Metrics* metrics,
                                                                 std::function<void(const base::Error&)> on_fatal) {
  store::sqlite::KeeperOptions options{
      .folder = settings.data, .clock = clock, .on_fatal = std::move(on_fatal), .metrics = metrics};
  return store::sqlite::Keeper::open(std::move(options));
}

async::OffloadLimits hashing_limits() {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  return {.threads = std::max<std::size_t>(1, cores - 1), .queued_jobs_max = queued_hashes_max};
}

accounts::Settings account_settings(const Settings& settings) {
  using std::chrono::seconds;
  accounts::Settings accounts;
  accounts.starting_balance = settings.starting_balance;
  accounts.registration_open = settings.registration != Registration::closed;
  if (settings.registration == Registration::invitation) accounts.invitation_code = settings.invitation_code;
  accounts.refuse_common_passwords = settings.refuse_common_passwords;
  accounts.password_cost.memory_kib = settings.password_memory_kib;
  accounts.rates.registrations_per_address = {.burst = settings.registrations_per_address_burst,
                                              .period = seconds(settings.registrations_per_address_period_s)};
  accounts.rates.login_failures_per_account = {.burst = settings.login_failures_per_account_burst,
                                               .period = seconds(settings.login_failures_per_account_period_s)};
  accounts.rates.login_failures_per_address = {.burst = settings.login_failures_per_address_burst,
                                               .period = seconds(settings.login_failures_per_address_period_s)};
  return accounts;
}

chat::TurnSettings turn_settings(const Settings& settings) {
  return {.account_requests_max = settings.account_requests,
          .finish_after_leaving = std::chrono::seconds(settings.finish_after_leaving_s)};
}

base::Result<std::unique_ptr<engines::Lineup>> make_lineup(const Settings& settings, const EnginePatience& patience,
                                                           upstream::Client& client, const base::Clock& clock,
                                                           base::Metrics* metrics) {
  std::vector<catalog::Model> models = settings.catalog.models;
  if (models.empty()) {
    TRY(catalog::Model model, only_model(settings));
    models.push_back(std::move(model));
  }
  TRY(catalog::Catalog catalog, catalog::Catalog::create(std::move(models)));
  engines::EnginesByName engines;
  const EngineMaker maker(settings, patience, client, clock, metrics);
  for (const catalog::Model& model : catalog.models()) {
    for (const catalog::Route& route : model.routes) {
      if (engines.contains(route.engine)) continue;
      TRY(auto engine, maker.make(route.engine));
      if (engine) engines.emplace(route.engine, std::move(engine));
    }
  }
  return engines::Lineup::create(std::move(catalog), std::move(engines), engine_limits(settings).whole, metrics);
}

std::string admin_socket_path(const std::filesystem::path& data) {
  return (data / "admin.sock").string();
}

}  // namespace parley::app
