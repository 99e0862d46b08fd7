#include "engines/llama_server.h"

#include "base/log.h"

namespace parley::engines {

base::Result<std::unique_ptr<LlamaServer>> LlamaServer::create(const LlamaServerSettings& settings,
                                                               upstream::Client& client, const base::Clock& clock,
                                                               base::Metrics* metrics) {
  LlamaCommand command;
  command.environment = environment_of_this_process();
  command.context_model_tokens = settings.context_model_tokens;
  TRY(command.model, find_local_model(settings.model));
  TRY(command.program, find_llama_server(settings.program, command.environment));
  return std::unique_ptr<LlamaServer>(new LlamaServer(std::move(command), settings, client, clock, metrics));
}

LlamaServer::LlamaServer(LlamaCommand command, const LlamaServerSettings& settings, upstream::Client& client,
                         const base::Clock& clock, base::Metrics* metrics)
    : limits_(settings.limits),
      client_(client),
      clock_(clock),
      figures_(metrics != nullptr ? std::optional<EngineFigures>(std::in_place, *metrics, "llama_server")
                                  : std::nullopt),
      supervisor_(std::move(command), settings.times, *this, metrics) {}

async::Task<base::Result<Reply>> LlamaServer::generate(Prompt prompt, ReplyListener* listener) {
  const std::shared_ptr<OpenAi> openai = current();
  if (!openai) co_return busy();
  co_return co_await openai->generate(std::move(prompt), listener);
}

async::Task<base::Result<Reply>> LlamaServer::relay(RelayedRequest request, ReplyListener* listener) {
  const std::shared_ptr<OpenAi> openai = current();
  if (!openai) co_return busy();
  co_return co_await openai->relay(std::move(request), listener);
}

void LlamaServer::llama_up(const std::string& origin, const std::string& key) {
  const OpenAiSettings settings{.base_url = origin + "/v1", .api_key = key, .name = "llama_server", .limits = limits_};
  auto openai = OpenAi::create(settings, client_, clock_, figures_);
  if (openai.has_error()) {
    return base::log(base::LogLevel::error, "local_model_not_used", {{"why", openai.error().message}});
  }
  const std::lock_guard lock(current_mutex_);
  current_ = std::move(*openai);
}

void LlamaServer::llama_down(std::chrono::seconds about) {
  patience_s_ = about.count();
  std::shared_ptr<OpenAi> last;  // destroyed after the lock
  const std::lock_guard lock(current_mutex_);
  last.swap(current_);
}

std::shared_ptr<OpenAi> LlamaServer::current() const {
  const std::lock_guard lock(current_mutex_);
  return current_;
}

base::Error LlamaServer::busy() const {
  if (figures_) figures_->failed(base::ErrorCode::engine_busy);
  return {.code = base::ErrorCode::engine_busy,
          .message = "The AI model is still loading; try again shortly.",
          .detail = "llama-server is not up",
          .retry_after = std::chrono::seconds(patience_s_.load())};
}

}  // namespace parley::engines
