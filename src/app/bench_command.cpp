#include "app/bench_command.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "app/instance.h"
#include "app/settings_sources.h"
#include "app/stop_signals.h"
#include "base/log.h"
#include "prove/proof.h"

namespace parley::app {
namespace {

constexpr int exit_misused = 2;
/// Beyond what the clients of one run can have in flight.
constexpr int account_requests = 10'000;
/// The least that there is: passwords are not what is proved.
constexpr const char* password_memory_kib = "8";
/// Engines that are killed every second are not left alone for longer than it takes to notice.
constexpr std::chrono::milliseconds engine_rest{50};
constexpr std::chrono::milliseconds engine_backoff{20};

/// Where the server of the proof has its data; a temporary folder is gone when this is.
class DataFolder {
 public:
  explicit DataFolder(const std::filesystem::path& named) : path_(named), temporary_(named.empty()) {
    if (!temporary_) return;
    std::string pattern = (std::filesystem::temp_directory_path() / "parley-prove-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("No temporary folder could be made.");
    path_ = pattern;
  }
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;
  ~DataFolder() {
    std::error_code ignored;
    if (temporary_) std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  bool has_database() const { return std::filesystem::exists(path_ / store::sqlite::database_name); }

 private:
  std::filesystem::path path_;
  bool temporary_;
};

class InstanceUnderProof final : public prove::Subject {
 public:
  /// Throws where the settings are not ones.
  InstanceUnderProof(const prove::Plan& plan, const std::string& engine_url)
      : settings_(settings_for(plan, engine_url)) {}

  base::Result<void> start() {
    const EnginePatience patience{.retries = {.backoff_first = engine_backoff}, .rest = {.duration = engine_rest}};
    TRY(instance_, Instance::start(settings_, {.on_store_failed = &StopSignals::raise, .engine_patience = patience}));
    return {};
  }

  std::string url() const override { return "http://127.0.0.1:" + std::to_string(instance_->port()); }
  std::string operator_socket() const override { return instance_->admin_socket(); }
  store::HoldCounts holds() const override { return instance_->store().hold_counts(); }
  bool stop() override { return instance_->stop() && !instance_->store_failed(); }

 private:
  static Settings settings_for(const prove::Plan& plan, const std::string& engine_url) {
    SettingSources sources;
    sources.flags = {{"listen", "127.0.0.1:0"},
                     {"data", plan.folder.string()},
                     {"chat-price", std::to_string(plan.price)},
                     {"starting-balance", std::to_string(plan.opening_balance)},
                     {"account-requests", std::to_string(account_requests)},
                     {"password-memory-kib", password_memory_kib},
                     {"engine", "openai"},
                     {"openai-base-url", engine_url},
                     {"openai-model", "scripted"}};
    sources.environment = [](const std::string&) { return std::nullopt; };
    return load_settings(sources).value().settings;
  }

  Settings settings_;
  std::unique_ptr<Instance> instance_;
};

base::Result<std::unique_ptr<prove::Subject>> start_instance(const prove::Plan& plan, const std::string& engine_url) {
  auto subject = std::make_unique<InstanceUnderProof>(plan, engine_url);
  TRY_VOID(subject->start());
  return std::unique_ptr<prove::Subject>(std::move(subject));
}

int failed(const std::string& sentence) {
  std::fprintf(stderr, "parley: %s\n", sentence.c_str());
  return 1;
}

}  // namespace

int run_bench(const BenchCommand& command) {
  if (!command.prove) {
    std::fprintf(stderr, "parley: Say what to bench: --prove races few accounts and checks every invariant.\n");
    return exit_misused;
  }
  base::set_log_level(base::LogLevel::error);
  const StopSignals signals;
  const DataFolder folder(command.data);
  if (folder.has_database()) return failed("There is a database in " + folder.path().string() + ": name a new folder.");
  const prove::Plan plan{.clients = command.clients,
                         .accounts = command.accounts,
                         .duration = std::chrono::seconds(command.seconds),
                         .folder = folder.path()};
  const auto start = [&plan](const std::string& engine_url) { return start_instance(plan, engine_url); };
  const auto stop_within = [&signals](std::chrono::milliseconds patience) { return signals.wait_for(patience); };
  const auto findings = prove::run(plan, start, stop_within);
  if (findings.has_error()) return failed(findings.error().message + " (" + findings.error().detail + ")");
  prove::print(*findings);
  return findings->clean() ? 0 : 1;
}

}  // namespace parley::app
