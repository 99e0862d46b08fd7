#include "engines/openai.h"

#include "engines/chat_completion.h"
#include "engines/server_address.h"

namespace parley::engines {
namespace {

base::Result<void> check(const OpenAiSettings& settings) {
  TRY_VOID(check_base_url("OpenAI", settings.base_url));
  return check_api_key("OpenAI", settings.api_key);
}

upstream::Request request_to(const OpenAiSettings& settings) {
  upstream::Request request;
  request.url = std::string(without_last_slashes(settings.base_url)) + "/chat/completions";
  request.headers = {"Content-Type: application/json", "Accept: application/json, text/event-stream"};
  if (!settings.api_key.empty()) request.headers.push_back("Authorization: Bearer " + settings.api_key);
  request.limits = settings.limits;
  return request;
}

}  // namespace

base::Result<std::unique_ptr<OpenAi>> OpenAi::create(const OpenAiSettings& settings, upstream::Client& client,
                                                     const base::Clock& clock, base::Metrics* metrics) {
  TRY_VOID(check(settings));
  return std::unique_ptr<OpenAi>(new OpenAi(settings, client, clock, metrics));
}

base::Result<std::unique_ptr<OpenAi>> OpenAi::create(const OpenAiSettings& settings, upstream::Client& client,
                                                     const base::Clock& clock, std::optional<EngineFigures> figures) {
  TRY_VOID(check(settings));
  return std::unique_ptr<OpenAi>(new OpenAi(settings, client, clock, figures));
}

template <class Figures>
OpenAi::OpenAi(const OpenAiSettings& settings, upstream::Client& client, const base::Clock& clock, Figures figures)
    : name_(settings.name),
      request_(request_to(settings)),
      server_(settings.name, client, clock, figures, settings.retries, settings.rest) {}

upstream::Request OpenAi::request_with(std::string body) const {
  upstream::Request request = request_;
  request.body = std::move(body);
  return request;
}

async::Task<base::Result<Reply>> OpenAi::generate(Prompt prompt, ReplyListener* listener) {
  if (listener != nullptr) {
    std::string body = completion_request(prompt.call.model, prompt, Delivery::stream);
    co_return co_await listen(std::move(body), prompt.call, *listener, CompletionStream::Mode::text);
  }
  std::string body = completion_request(prompt.call.model, prompt, Delivery::whole);
  co_return co_await server_.ask(request_with(std::move(body)), prompt.call, parse_completion);
}

async::Task<base::Result<Reply>> OpenAi::relay(RelayedRequest request, ReplyListener* listener) {
  std::string body = relayed_body(request, request.call.model);
  if (listener == nullptr) {
    co_return co_await server_.ask(request_with(std::move(body)), request.call, parse_relayed_completion);
  }
  const auto mode = request.wants_usage ? CompletionStream::Mode::relay_with_usage : CompletionStream::Mode::relay;
  co_return co_await listen(std::move(body), request.call, *listener, mode);
}

async::Task<base::Result<Reply>> OpenAi::listen(std::string body, const Call& call, ReplyListener& listener,
                                                CompletionStream::Mode mode) {
  CompletionStream stream(listener, mode, request_.limits.reply_bytes_max);
  co_return co_await server_.listen(request_with(std::move(body)), call, stream);
}

}  // namespace parley::engines
