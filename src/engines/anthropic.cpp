#include "engines/anthropic.h"

#include <chrono>

#include "engines/messages_reply.h"
#include "engines/messages_request.h"
#include "engines/server_address.h"

namespace parley::engines {
namespace {

upstream::Request request_to(const AnthropicSettings& settings) {
  upstream::Request request;
  request.url = std::string(without_last_slashes(settings.base_url)) + "/v1/messages";
  request.headers = {"Content-Type: application/json", "Accept: application/json, text/event-stream",
                     "anthropic-version: 2023-06-01"};
  if (!settings.api_key.empty()) request.headers.push_back("x-api-key: " + settings.api_key);
  request.limits = settings.limits;
  return request;
}

}  // namespace

base::Result<std::unique_ptr<Anthropic>> Anthropic::create(const AnthropicSettings& settings, upstream::Client& client,
                                                           const base::Clock& clock, base::Metrics* metrics) {
  TRY_VOID(check_base_url("Anthropic", settings.base_url));
  TRY_VOID(check_api_key("Anthropic", settings.api_key));
  return std::unique_ptr<Anthropic>(new Anthropic(settings, client, clock, metrics));
}

Anthropic::Anthropic(const AnthropicSettings& settings, upstream::Client& client, const base::Clock& clock,
                     base::Metrics* metrics)
    : name_(settings.name),
      output_max_default_(settings.output_max_default),
      clock_(clock),
      request_(request_to(settings)),
      server_(settings.name, client, clock, metrics, settings.retries, settings.rest) {}

upstream::Request Anthropic::request_with(std::string body) const {
  upstream::Request request = request_;
  request.body = std::move(body);
  return request;
}

std::int64_t Anthropic::now_s() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
}

async::Task<base::Result<Reply>> Anthropic::generate(Prompt prompt, ReplyListener* listener) {
  if (listener != nullptr) {
    std::string body = messages_request(prompt, Delivery::stream, output_max_default_);
    co_return co_await listen(std::move(body), prompt.call, *listener, MessagesStream::Mode::text);
  }
  std::string body = messages_request(prompt, Delivery::whole, output_max_default_);
  const ModelServer::ReadReply read = parse_message;
  co_return co_await server_.ask(request_with(std::move(body)), prompt.call, read);
}

async::Task<base::Result<Reply>> Anthropic::relay(RelayedRequest request, ReplyListener* listener) {
  CO_TRY(std::string body, translated_request(request, output_max_default_));
  if (listener == nullptr) {
    const std::int64_t created = now_s();
    const ModelServer::ReadReply read = [created](std::string_view reply) {
      return parse_relayed_message(reply, created);
    };
    co_return co_await server_.ask(request_with(std::move(body)), request.call, read);
  }
  const auto mode = request.wants_usage ? MessagesStream::Mode::relay_with_usage : MessagesStream::Mode::relay;
  co_return co_await listen(std::move(body), request.call, *listener, mode);
}

async::Task<base::Result<Reply>> Anthropic::listen(std::string body, const Call& call, ReplyListener& listener,
                                                   MessagesStream::Mode mode) {
  MessagesStream stream(listener, mode, now_s(), request_.limits.reply_bytes_max);
  co_return co_await server_.listen(request_with(std::move(body)), call, stream);
}

}  // namespace parley::engines
