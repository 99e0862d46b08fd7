#pragma once
// The engine for every server that speaks OpenAI's chat completions: OpenAI, vLLM, Ollama, llama.cpp, OpenRouter….

#include <memory>
#include <string>

#include "base/clock.h"
#include "engines/engine.h"
#include "engines/model_server.h"
#include "upstream/client.h"

namespace parley::engines {

struct OpenAiSettings {
  std::string base_url;  ///< "https://api.openai.com/v1", with or without the last slash
  std::string api_key;   ///< empty: no Authorization header
  std::string model;
  upstream::Limits limits = {};
  RetryLimits retries = {};
  RestLimits rest = {};
};

class OpenAi final : public Engine {
 public:
  /// `invalid_input` where the address is not an http or https URL with a host and without user, query and fragment,
  /// the model is empty, or the key can't stand in a header. Client and clock must outlive the engine.
  static base::Result<std::unique_ptr<OpenAi>> create(const OpenAiSettings& settings, upstream::Client& client,
                                                      const base::Clock& clock);

  std::string_view name() const noexcept override { return "openai"; }

  /// POST {base_url}/chat/completions. Also `overloaded`, where this server has too many calls under way.
  async::Task<base::Result<Reply>> generate(Prompt prompt) override;

 private:
  OpenAi(const OpenAiSettings& settings, upstream::Client& client, const base::Clock& clock);

  std::string model_;
  upstream::Request request_;  ///< all but the body
  ModelServer server_;
};

}  // namespace parley::engines
