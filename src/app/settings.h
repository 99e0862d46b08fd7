#pragma once
// What an operator can set, parsed once at the start; each part of the server receives only its own share.

#include <cstdint>
#include <filesystem>
#include <string>

#include "app/catalog_settings.h"
#include "base/log.h"
#include "base/tokens.h"

namespace parley::app {

enum class EngineChoice { auto_, offline, openai, anthropic, llama_server };
enum class Registration { open, invitation, closed };

/// Defaults, units, checks and help stand in the one table of settings_table.cpp.
struct Settings {
  std::string listen_address;
  std::uint16_t listen_port = 0;
  std::filesystem::path data;
  std::int64_t threads = 0;  ///< event loops; 0: one per core
  base::LogLevel log_level = base::LogLevel::info;
  std::string metrics_token;

  base::Tokens starting_balance;
  base::Tokens chat_price;
  std::int32_t account_requests = 0;
  std::int64_t message_characters_max = 0;
  std::int64_t output_model_tokens_max = 0;  ///< 0: no limit
  std::int64_t finish_after_leaving_s = 0;

  Registration registration = Registration::open;
  std::string invitation_code;
  bool refuse_common_passwords = false;
  std::int32_t registrations_per_address_burst = 0;
  std::int64_t registrations_per_address_period_s = 0;
  std::int32_t login_failures_per_account_burst = 0;
  std::int64_t login_failures_per_account_period_s = 0;
  std::int32_t login_failures_per_address_burst = 0;
  std::int64_t login_failures_per_address_period_s = 0;
  std::uint32_t password_memory_kib = 0;
  std::string trusted_proxies;

  EngineChoice engine = EngineChoice::auto_;
  std::string openai_base_url;
  std::string openai_api_key;
  std::string openai_model;
  std::string anthropic_base_url;
  std::string anthropic_api_key;
  std::string anthropic_model;
  std::string local_model;  ///< a file, or a name on Hugging Face
  std::string llama_server_path;
  std::int64_t local_model_context = 0;  ///< in model tokens; 0: as llama-server chooses
  std::int64_t engine_connect_s = 0;
  std::int64_t engine_first_byte_s = 0;
  std::int64_t engine_between_bytes_s = 0;
  std::int64_t engine_whole_s = 0;
  std::int64_t engine_reply_bytes_max = 0;

  CatalogSettings catalog;  ///< of the settings file alone

  std::int64_t connections_max = 0;
  std::int64_t body_bytes_max = 0;
};

}  // namespace parley::app
