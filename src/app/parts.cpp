#include "app/parts.h"

#include <algorithm>
#include <thread>

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
  return {.price = {.per_turn = settings.chat_price},
          .account_requests_max = settings.account_requests,
          .finish_after_leaving = std::chrono::seconds(settings.finish_after_leaving_s)};
}

api::CompletionSettings completion_settings(const Settings& settings) {
  api::CompletionSettings completions;
  if (settings.output_model_tokens_max > 0) completions.output_max = settings.output_model_tokens_max;
  return completions;
}

base::Result<std::unique_ptr<engines::Engine>> make_engine(const Settings& settings, upstream::Client& client,
                                                           const base::Clock& clock, base::Metrics* metrics) {
  if (settings.engine == EngineChoice::offline) {
    return std::unique_ptr<engines::Engine>(std::make_unique<engines::Offline>());
  }
  const engines::OpenAiSettings openai{.base_url = settings.openai_base_url,
                                       .api_key = settings.openai_api_key,
                                       .model = settings.openai_model,
                                       .limits = engine_limits(settings)};
  TRY(auto engine, engines::OpenAi::create(openai, client, clock, metrics));
  return std::unique_ptr<engines::Engine>(std::move(engine));
}

std::string admin_socket_path(const std::filesystem::path& data) {
  return (data / "admin.sock").string();
}

}  // namespace parley::app
