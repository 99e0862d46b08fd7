#pragma once
// The engine for Anthropic's Messages API (https://docs.anthropic.com/en/api/messages). OpenAI's chat completions are
// put into its words, and its replies into theirs.

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "engines/engine.h"
#include "engines/messages_stream.h"
#include "engines/model_server.h"
#include "upstream/client.h"

namespace parley::engines {

struct AnthropicSettings {
  std::string name = "anthropic";  ///< in the catalog, the log and the metrics
  std::string base_url;            ///< "https://api.anthropic.com", with or without the last slash
  std::string api_key;             ///< empty: no x-api-key header
  /// The API wants a limit, in model tokens: what it gets where the call has none.
  std::int64_t output_max_default = 4096;
  upstream::Limits limits = {};
  RetryLimits retries = {};
  RestLimits rest = {};
};

class Anthropic final : public Engine {
 public:
  /// `invalid_input` where the address is not an http or https URL with a host and without user, query and fragment, or
  /// the key can't stand in a header. Client, clock and metrics (null: none) must outlive the engine.
  static base::Result<std::unique_ptr<Anthropic>> create(const AnthropicSettings& settings, upstream::Client& client,
                                                         const base::Clock& clock, base::Metrics* metrics = nullptr);

  std::string_view name() const noexcept override { return name_; }
  bool relays() const noexcept override { return true; }

  // POST {base_url}/v1/messages. Also `overloaded`, where this server has too many calls under way.
  async::Task<base::Result<Reply>> generate(Prompt prompt, ReplyListener* listener) override;
  /// Also `engine_refused` where a field has no equal; see translated_request(). The server is not asked then.
  async::Task<base::Result<Reply>> relay(RelayedRequest request, ReplyListener* listener) override;

 private:
  Anthropic(const AnthropicSettings& settings, upstream::Client& client, const base::Clock& clock,
            base::Metrics* metrics);

  async::Task<base::Result<Reply>> listen(std::string body, const Call& call, ReplyListener& listener,
                                          MessagesStream::Mode mode);
  upstream::Request request_with(std::string body) const;
  std::int64_t now_s() const;

  std::string name_;
  std::int64_t output_max_default_;
  const base::Clock& clock_;
  upstream::Request request_;  ///< all but the body
  ModelServer server_;
};

}  // namespace parley::engines
