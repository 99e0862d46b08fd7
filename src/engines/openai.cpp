#include "engines/openai.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "engines/chat_completion.h"

namespace parley::engines {
namespace {

base::Error invalid(std::string message) {
  return {
      .code = base::ErrorCode::invalid_input, .message = std::move(message), .detail = "", .retry_after = std::nullopt};
}

// Messages don't repeat the URL: it may hold a password.
base::Result<void> check_address(std::string_view base_url) {
  const auto url = boost::urls::parse_uri(base_url);
  if (url.has_error()) return invalid("The OpenAI base URL is not a URL.");
  if (url->scheme_id() != boost::urls::scheme::http && url->scheme_id() != boost::urls::scheme::https) {
    return invalid("The OpenAI base URL must start with http:// or https://.");
  }
  if (url->host().empty()) return invalid("The OpenAI base URL has no host.");
  if (url->has_userinfo()) return invalid("The OpenAI base URL must not hold a user or password.");
  if (url->has_query() || url->has_fragment()) return invalid("The OpenAI base URL must end with its path.");
  return {};
}

bool visible(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

upstream::Request request_to(const OpenAiSettings& settings) {
  std::string_view base_url = settings.base_url;
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  upstream::Request request;
  request.url = std::string(base_url) + "/chat/completions";
  request.headers = {"Content-Type: application/json", "Accept: application/json, text/event-stream"};
  if (!settings.api_key.empty()) request.headers.push_back("Authorization: Bearer " + settings.api_key);
  request.limits = settings.limits;
  return request;
}

}  // namespace

base::Result<std::unique_ptr<OpenAi>> OpenAi::create(const OpenAiSettings& settings, upstream::Client& client,
                                                     const base::Clock& clock, base::Metrics* metrics) {
  TRY_VOID(check_address(settings.base_url));
  if (settings.model.empty()) return invalid("The OpenAI model is not set.");
  if (!visible(settings.api_key)) return invalid("The OpenAI API key holds a space or another unusual character.");
  return std::unique_ptr<OpenAi>(new OpenAi(settings, client, clock, metrics));
}

OpenAi::OpenAi(const OpenAiSettings& settings, upstream::Client& client, const base::Clock& clock,
               base::Metrics* metrics)
    : name_(settings.name),
      model_(settings.model),
      request_(request_to(settings)),
      server_(settings.name, client, clock, metrics, settings.retries, settings.rest) {}

upstream::Request OpenAi::request_with(std::string body) const {
  upstream::Request request = request_;
  request.body = std::move(body);
  return request;
}

const std::string& OpenAi::model_of(const Call& call) const noexcept {
  return call.model.empty() ? model_ : call.model;
}

async::Task<base::Result<Reply>> OpenAi::generate(Prompt prompt, ReplyListener* listener) {
  const std::string& model = model_of(prompt.call);
  if (listener != nullptr) {
    std::string body = completion_request(model, prompt, Delivery::stream);
    co_return co_await listen(std::move(body), prompt.call, *listener, CompletionStream::Mode::text);
  }
  std::string body = completion_request(model, prompt, Delivery::whole);
  co_return co_await server_.ask(request_with(std::move(body)), prompt.call, parse_completion);
}

async::Task<base::Result<Reply>> OpenAi::relay(RelayedRequest request, ReplyListener* listener) {
  std::string body = relayed_body(request, model_of(request.call));
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
