#include "app/settings_table.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

#include "api/peer.h"

namespace parley::app {
namespace {

using base::Result;
using Assign = std::function<Result<void>(Settings&, const std::string&)>;

base::Error wrong(std::string message) {
  return {.code = base::ErrorCode::invalid_input, .message = std::move(message), .detail = ""};
}

Result<std::int64_t> whole_number(const std::string& text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return wrong("must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", not \"" +
                 text + "\"");
  }
  return value;
}

template <class Number>
Assign number(Number Settings::* member, std::int64_t least, std::int64_t most) {
  return [=](Settings& settings, const std::string& text) -> Result<void> {
    TRY(const std::int64_t value, whole_number(text, least, most));
    settings.*member = static_cast<Number>(value);
    return {};
  };
}

Assign tokens(base::Tokens Settings::* member) {
  return [=](Settings& settings, const std::string& text) -> Result<void> {
    TRY(const std::int64_t value, whole_number(text, 0, base::Tokens::count_max));
    settings.*member = *base::Tokens::from(value);
    return {};
  };
}

Assign any_text(std::string Settings::* member) {
  return [=](Settings& settings, const std::string& text) -> Result<void> {
    settings.*member = text;
    return {};
  };
}

template <class Value>
Assign one_of(Value Settings::* member, const std::vector<std::pair<std::string_view, Value>>& choices) {
  return [=](Settings& settings, const std::string& text) -> Result<void> {
    std::string names;
    for (const auto& [name, value] : choices) {
      if (name == text) {
        settings.*member = value;
        return {};
      }
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    return wrong("must be one of " + names + ", not \"" + text + "\"");
  };
}

Assign yes_or_no(bool Settings::* member) {
  return one_of<bool>(member, {{"true", true}, {"false", false}});
}

Result<void> assign_listen(Settings& settings, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return wrong("must be ADDRESS:PORT, such as 127.0.0.1:8000 or [::1]:8000, not \"" + text + "\"");
  }
  std::string address = text.substr(0, colon);
  if (address.front() == '[' && address.back() == ']') address = address.substr(1, address.size() - 2);
  auto port = whole_number(text.substr(colon + 1), 0, std::numeric_limits<std::uint16_t>::max());
  if (port.has_error()) return wrong("has a port that is no number from 0 to 65535: \"" + text + "\"");
  settings.listen_address = address;
  settings.listen_port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<void> assign_data(Settings& settings, const std::string& text) {
  if (text.empty()) return wrong("must name a folder");
  settings.data = text;
  return {};
}

Result<void> assign_trusted_proxies(Settings& settings, const std::string& text) {
  const auto proxies = api::TrustedProxies::parse(text);
  if (proxies.has_error()) return wrong(proxies.error().message);
  settings.trusted_proxies = text;
  return {};
}

/// The engine looks at the rest. What is refused is not shown: it may have a password in it.
Assign base_url(std::string Settings::* member, std::string_view example) {
  return [=](Settings& settings, const std::string& text) -> Result<void> {
    const bool has_scheme = text.starts_with("http://") || text.starts_with("https://");
    if (!has_scheme || text.find_first_of("@?# ") != std::string::npos) {
      return wrong("must be an http or https URL without user, query and fragment, such as " + std::string(example));
    }
    settings.*member = text;
    return {};
  };
}

constexpr std::string_view openai_url = "https://api.openai.com/v1";
constexpr std::string_view anthropic_url = "https://api.anthropic.com";

constexpr std::int64_t day_s = 86'400;
constexpr std::int64_t million = 1'000'000;

}  // namespace

const std::vector<SettingSpec>& settings_table() {
  static const std::vector<SettingSpec> table = {
      {.name = "listen",
       .unit = "ADDRESS:PORT",
       .default_text = "127.0.0.1:8000",
       .group = "Server",
       .help = "Where to answer HTTP; port 0 takes a free one",
       .assign = assign_listen},
      {.name = "data",
       .unit = "FOLDER",
       .default_text = "./parley-data",
       .group = "Server",
       .help = "Where everything is kept; made where it is missing",
       .assign = assign_data},
      {.name = "threads",
       .unit = "COUNT",
       .default_text = "0",
       .group = "Server",
       .help = "Event loops; 0 takes one for each core",
       .assign = number(&Settings::threads, 0, 256)},
      {.name = "connections-max",
       .unit = "COUNT",
       .default_text = "10000",
       .group = "Server",
       .help = "Connections open at once, at most; lowered to what the file descriptor limit allows",
       .assign = number(&Settings::connections_max, 1, million)},
      {.name = "body-bytes-max",
       .unit = "BYTES",
       .default_text = "1048576",
       .group = "Server",
       .help = "Size of a request's body, at most",
       .assign = number(&Settings::body_bytes_max, 1024, 64 * 1'048'576)},
      {.name = "trusted-proxies",
       .unit = "ADDRESSES",
       .default_text = "",
       .group = "Server",
       .help = "Proxies (addresses or networks, joined by commas) whose X-Forwarded-For tells the client's address",
       .assign = assign_trusted_proxies},
      {.name = "log-level",
       .unit = "debug|info|warning|error",
       .default_text = "info",
       .group = "Server",
       .help = "How much the log says; debug writes a line for each request",
       .assign = one_of<base::LogLevel>(&Settings::log_level, {{"debug", base::LogLevel::debug},
                                                               {"info", base::LogLevel::info},
                                                               {"warning", base::LogLevel::warning},
                                                               {"error", base::LogLevel::error}})},
      {.name = "metrics-token",
       .unit = "TEXT",
       .default_text = "",
       .group = "Server",
       .help = "What `GET /metrics` asks for as `Authorization: Bearer`, unless the client is local",
       .secret = true,
       .assign = any_text(&Settings::metrics_token)},

      {.name = "starting-balance",
       .unit = "TOKENS",
       .default_text = "4000",
       .group = "Accounts and money",
       .help = "What a new account is given",
       .assign = tokens(&Settings::starting_balance)},
      {.name = "chat-price",
       .unit = "TOKENS",
       .default_text = "100",
       .group = "Accounts and money",
       .help = "What one chat message costs",
       .assign = tokens(&Settings::chat_price)},
      {.name = "account-requests",
       .unit = "COUNT",
       .default_text = "16",
       .group = "Accounts and money",
       .help = "Chats that one account may have in flight at once, at most",
       .assign = number(&Settings::account_requests, 1, million)},
      {.name = "message-characters-max",
       .unit = "CHARACTERS",
       .default_text = "32000",
       .group = "Accounts and money",
       .help = "Length of a message, at most",
       .assign = number(&Settings::message_characters_max, 1, 16 * million)},
      {.name = "output-model-tokens-max",
       .unit = "MODEL TOKENS",
       .default_text = "0",
       .group = "Accounts and money",
       .help = "Length of one answer, at most; 0 leaves it to the engine",
       .assign = number(&Settings::output_model_tokens_max, 0, 1'000 * million)},
      {.name = "finish-after-leaving-seconds",
       .unit = "SECONDS",
       .default_text = "60",
       .group = "Accounts and money",
       .help = "How long the answer to a client that left in the middle of its stream goes on to be saved; 0 ends it "
               "at once",
       .assign = number(&Settings::finish_after_leaving_s, 0, 7200)},
      {.name = "registration",
       .unit = "open|invitation|closed",
       .default_text = "open",
       .group = "Accounts and money",
       .help = "Who may register: everyone, who has the invitation code, or no one",
       .assign = one_of<Registration>(
           &Settings::registration,
           {{"open", Registration::open}, {"invitation", Registration::invitation}, {"closed", Registration::closed}})},
      {.name = "invitation-code",
       .unit = "TEXT",
       .default_text = "",
       .group = "Accounts and money",
       .help = "What who registers must send as `invitation`",
       .secret = true,
       .assign = any_text(&Settings::invitation_code)},

      {.name = "refuse-common-passwords",
       .unit = "true|false",
       .default_text = "false",
       .group = "Safety",
       .help = "Whether the best-known passwords are refused",
       .assign = yes_or_no(&Settings::refuse_common_passwords)},
      {.name = "registrations-per-address-burst",
       .unit = "COUNT",
       .default_text = "10",
       .group = "Safety",
       .help = "Registrations that one address may make at once",
       .assign = number(&Settings::registrations_per_address_burst, 1, million)},
      {.name = "registrations-per-address-period",
       .unit = "SECONDS",
       .default_text = "60",
       .group = "Safety",
       .help = "After those, one more in each of these periods",
       .assign = number(&Settings::registrations_per_address_period_s, 1, day_s)},
      {.name = "login-failures-per-account-burst",
       .unit = "COUNT",
       .default_text = "10",
       .group = "Safety",
       .help = "Wrong passwords that one account takes before it answers 429",
       .assign = number(&Settings::login_failures_per_account_burst, 1, million)},
      {.name = "login-failures-per-account-period",
       .unit = "SECONDS",
       .default_text = "30",
       .group = "Safety",
       .help = "After those, one more try in each of these periods",
       .assign = number(&Settings::login_failures_per_account_period_s, 1, day_s)},
      {.name = "login-failures-per-address-burst",
       .unit = "COUNT",
       .default_text = "50",
       .group = "Safety",
       .help = "Wrong passwords that one address may send before it gets 429",
       .assign = number(&Settings::login_failures_per_address_burst, 1, million)},
      {.name = "login-failures-per-address-period",
       .unit = "SECONDS",
       .default_text = "5",
       .group = "Safety",
       .help = "After those, one more try in each of these periods",
       .assign = number(&Settings::login_failures_per_address_period_s, 1, day_s)},
      {.name = "password-memory-kib",
       .unit = "KIB",
       .default_text = "19456",
       .group = "Safety",
       .help = "Memory of one Argon2id password hash; below 7168 is for tests only",
       .assign = number(&Settings::password_memory_kib, 8, 4 * 1'048'576)},

      {.name = "engine",
       .unit = "auto|offline|openai|anthropic|llama_server",
       .default_text = "auto",
       .group = "Engine",
       .help =
           "What answers; auto takes llama_server where a local model is set, else openai where its key or base URL "
           "is, else anthropic where its key is, "
           "else offline",
       .assign = one_of<EngineChoice>(&Settings::engine, {{"auto", EngineChoice::auto_},
                                                          {"offline", EngineChoice::offline},
                                                          {"openai", EngineChoice::openai},
                                                          {"anthropic", EngineChoice::anthropic},
                                                          {"llama_server", EngineChoice::llama_server}})},
      {.name = "openai-base-url",
       .unit = "URL",
       .default_text = openai_url,
       .group = "Engine",
       .help = "Base URL of an OpenAI-compatible server",
       .foreign_variable = "OPENAI_BASE_URL",
       .assign = base_url(&Settings::openai_base_url, openai_url)},
      {.name = "openai-api-key",
       .unit = "KEY",
       .default_text = "",
       .group = "Engine",
       .help = "Its API key",
       .foreign_variable = "OPENAI_API_KEY",
       .secret = true,
       .assign = any_text(&Settings::openai_api_key)},
      {.name = "openai-model",
       .unit = "NAME",
       .default_text = "gpt-4o-mini",
       .group = "Engine",
       .help = "The model to ask for",
       .foreign_variable = "OPENAI_MODEL",
       .assign = any_text(&Settings::openai_model)},
      {.name = "anthropic-base-url",
       .unit = "URL",
       .default_text = anthropic_url,
       .group = "Engine",
       .help = "Base URL of a server with Anthropic's Messages API, without /v1/messages",
       .foreign_variable = "ANTHROPIC_BASE_URL",
       .assign = base_url(&Settings::anthropic_base_url, anthropic_url)},
      {.name = "anthropic-api-key",
       .unit = "KEY",
       .default_text = "",
       .group = "Engine",
       .help = "Its API key",
       .foreign_variable = "ANTHROPIC_API_KEY",
       .secret = true,
       .assign = any_text(&Settings::anthropic_api_key)},
      {.name = "anthropic-model",
       .unit = "NAME",
       .default_text = "claude-haiku-4-5",
       .group = "Engine",
       .help = "The model to ask for",
       .assign = any_text(&Settings::anthropic_model)},
      {.name = "local-model",
       .unit = "FILE.gguf|NAME",
       .default_text = "",
       .group = "Engine",
       .help = "A model to run here with llama-server (llama.cpp): a file, or a name on Hugging Face such as "
               "`ggml-org/gemma-3-1b-it-GGUF`, which is downloaded",
       .assign = any_text(&Settings::local_model)},
      {.name = "llama-server-path",
       .unit = "PROGRAM",
       .default_text = "llama-server",
       .group = "Engine",
       .help = "The program that runs it; looked up in PATH unless it has a slash",
       .assign = any_text(&Settings::llama_server_path)},
      {.name = "local-model-context",
       .unit = "MODEL TOKENS",
       .default_text = "0",
       .group = "Engine",
       .help =
           "Size of its context, over all requests at once; 0 leaves it to llama-server, which takes the model's own",
       .assign = number(&Settings::local_model_context, 0, 16 * million)},
      {.name = "engine-connect-seconds",
       .unit = "SECONDS",
       .default_text = "5",
       .group = "Engine",
       .help = "Until the engine is connected, at most",
       .assign = number(&Settings::engine_connect_s, 1, 300)},
      {.name = "engine-first-byte-seconds",
       .unit = "SECONDS",
       .default_text = "60",
       .group = "Engine",
       .help = "Until the engine begins its answer, at most",
       .assign = number(&Settings::engine_first_byte_s, 1, 3600)},
      {.name = "engine-between-bytes-seconds",
       .unit = "SECONDS",
       .default_text = "60",
       .group = "Engine",
       .help = "Silence within an answer, at most",
       .assign = number(&Settings::engine_between_bytes_s, 1, 3600)},
      {.name = "engine-whole-seconds",
       .unit = "SECONDS",
       .default_text = "600",
       .group = "Engine",
       .help = "The engine's work on one chat, tries included, at most",
       .assign = number(&Settings::engine_whole_s, 1, 7200)},
      {.name = "engine-reply-bytes-max",
       .unit = "BYTES",
       .default_text = "4194304",
       .group = "Engine",
       .help = "Size of an engine's answer, at most",
       .assign = number(&Settings::engine_reply_bytes_max, 1024, 256 * 1'048'576)},
  };
  return table;
}

std::string variable_of(const SettingSpec& spec) {
  std::string variable = "PARLEY_";
  std::ranges::transform(spec.name, std::back_inserter(variable), [](char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return variable;
}

}  // namespace parley::app
