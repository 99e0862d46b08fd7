#pragma once
// The engine for every server that speaks OpenAI's chat completions: OpenAI, vLLM, Ollama, llama.cpp, OpenRouter….

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "engines/completion_stream.h"
#include "engines/engine.h"
#include "engines/engine_figures.h"
#include "engines/model_server.h"
#include "upstream/client.h"

namespace parley::engines {

struct OpenAiSettings {
  std::string base_url;         ///< "https://api.openai.com/v1", with or without the last slash
  std::string api_key;          ///< empty: no Authorization header
  std::string name = "openai";  ///< in the catalog, the log and the metrics
  upstream::Limits limits = {};
  RetryLimits retries = {};
  RestLimits rest = {};
};

class OpenAi final : public Engine {
 public:
  /// `invalid_input` where the address is not an http or https URL with a host and without user, query and fragment,
  /// or the key can't stand in a header. Client, clock and metrics (null: none) must outlive the
  /// engine.
  static base::Result<std::unique_ptr<OpenAi>> create(const OpenAiSettings& settings, upstream::Client& client,
                                                      const base::Clock& clock, base::Metrics* metrics = nullptr);
  /// The same with figures that are registered already, or none.
  static base::Result<std::unique_ptr<OpenAi>> create(const OpenAiSettings& settings, upstream::Client& client,
                                                      const base::Clock& clock, std::optional<EngineFigures> figures);

  std::string_view name() const noexcept override { return name_; }
  bool relays() const noexcept override { return true; }

  // POST {base_url}/chat/completions. Also `overloaded`, where this server has too many calls under way.
  async::Task<base::Result<Reply>> generate(Prompt prompt, ReplyListener* listener) override;
  async::Task<base::Result<Reply>> relay(RelayedRequest request, ReplyListener* listener) override;

 private:
  template <class Figures>
  OpenAi(const OpenAiSettings& settings, upstream::Client& client, const base::Clock& clock, Figures figures);

  async::Task<base::Result<Reply>> listen(std::string body, const Call& call, ReplyListener& listener,
                                          CompletionStream::Mode mode);
  upstream::Request request_with(std::string body) const;

  std::string name_;
  upstream::Request request_;  ///< all but the body
  ModelServer server_;
};

}  // namespace parley::engines
