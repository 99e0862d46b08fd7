#pragma once
// The engine that brings its model server along: a llama-server (llama.cpp) of our own, spoken to as to OpenAI.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "engines/engine.h"
#include "engines/engine_figures.h"
#include "engines/llama_supervisor.h"
#include "engines/openai.h"
#include "upstream/client.h"

namespace parley::engines {

struct LlamaServerSettings {
  std::string program = "llama-server";   ///< looked up in PATH unless it has a '/'
  std::string model;                      ///< a file, or a name on Hugging Face
  std::int64_t context_model_tokens = 0;  ///< 0: as llama-server chooses
  upstream::Limits limits = {};
  LlamaTimes times = {};
};

class LlamaServer final : public Engine, private LlamaListener {
 public:
  /// Starts llama-server and does not wait for it. `invalid_input` where program or model are not there; the message
  /// says what to do. Client, clock and metrics (null: none) must outlive the engine, whose destructor ends
  /// llama-server.
  static base::Result<std::unique_ptr<LlamaServer>> create(const LlamaServerSettings& settings,
                                                           upstream::Client& client, const base::Clock& clock,
                                                           base::Metrics* metrics = nullptr);

  std::string_view name() const noexcept override { return "llama_server"; }
  bool relays() const noexcept override { return true; }

  // As OpenAi's; `engine_busy` at once while the model is loading.
  async::Task<base::Result<Reply>> generate(Prompt prompt, ReplyListener* listener) override;
  async::Task<base::Result<Reply>> relay(RelayedRequest request, ReplyListener* listener) override;

 private:
  LlamaServer(LlamaCommand command, const LlamaServerSettings& settings, upstream::Client& client,
              const base::Clock& clock, base::Metrics* metrics);

  void llama_up(const std::string& origin, const std::string& key) override;
  void llama_down(std::chrono::seconds about) override;
  std::shared_ptr<OpenAi> current() const;
  base::Error busy() const;

  const upstream::Limits limits_;
  upstream::Client& client_;
  const base::Clock& clock_;
  std::optional<EngineFigures> figures_;

  /// Held to copy the pointer. A restarted llama-server gets a new engine, with nothing held against it; calls to the
  /// old one keep that.
  mutable std::mutex current_mutex_;
  std::shared_ptr<OpenAi> current_;  ///< none while llama-server does not answer
  std::atomic<std::chrono::seconds::rep> patience_s_{0};

  LlamaSupervisor supervisor_;  ///< the last: it calls this engine
};

}  // namespace parley::engines
