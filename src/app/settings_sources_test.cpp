#include "app/settings_sources.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "app/settings_table.h"

namespace parley::app {
namespace {

class SettingsFrom : public ::testing::Test {
 protected:
  SettingsFrom() { std::filesystem::create_directories(folder_); }
  ~SettingsFrom() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return (folder_ / name).string();
  }

  base::Result<LoadedSettings> load() const {
    return load_settings({.flags = flags_,
                          .environment = [this](const std::string& variable) -> std::optional<std::string> {
                            const auto found = environment_.find(variable);
                            return found == environment_.end() ? std::nullopt : std::optional(found->second);
                          },
                          .file = file_});
  }

  std::string refusal() const {
    const auto loaded = load();
    return loaded.has_error() ? loaded.error().message : "accepted";
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("parley-settings-" + std::to_string(getpid()));
  std::map<std::string, std::string, std::less<>> flags_;
  std::map<std::string, std::string> environment_;
  std::filesystem::path file_;
};

TEST_F(SettingsFrom, NothingAreTheDefaults) {
  const auto loaded = load().value();
  EXPECT_EQ(loaded.settings.listen_address, "127.0.0.1");
  EXPECT_EQ(loaded.settings.listen_port, 8000);
  EXPECT_EQ(loaded.settings.data, "./parley-data");
  EXPECT_EQ(loaded.settings.starting_balance.count(), 4000);
  EXPECT_EQ(loaded.settings.chat_price.count(), 100);
  EXPECT_EQ(loaded.settings.account_requests, 16);
  EXPECT_EQ(loaded.settings.engine, EngineChoice::offline);
}

TEST_F(SettingsFrom, AFlagWinsOverTheEnvironmentOverTheFile) {
  file_ = write("parley.toml", "chat-price = 1\nstarting-balance = 1\naccount-requests = 1\n");
  environment_ = {{"PARLEY_CHAT_PRICE", "2"}, {"PARLEY_STARTING_BALANCE", "2"}};
  flags_ = {{"chat-price", "3"}};
  const auto loaded = load().value();
  EXPECT_EQ(loaded.settings.chat_price.count(), 3);
  EXPECT_EQ(loaded.settings.starting_balance.count(), 2);
  EXPECT_EQ(loaded.settings.account_requests, 1);
}

TEST_F(SettingsFrom, ASecretMayStandInAFileAndIsMasked) {
  environment_ = {{"PARLEY_OPENAI_API_KEY_FILE", write("key", "sk-secret\n")}};
  const auto loaded = load().value();
  EXPECT_EQ(loaded.settings.openai_api_key, "sk-secret");
  EXPECT_EQ(loaded.settings.engine, EngineChoice::openai);
  for (const SettingOrigin& origin : loaded.origins) {
    EXPECT_EQ(origin.shown.find("sk-secret"), std::string::npos) << origin.name;
  }
}

TEST_F(SettingsFrom, ASecretSetTwiceIsRefused) {
  environment_ = {{"PARLEY_OPENAI_API_KEY", "a"}, {"PARLEY_OPENAI_API_KEY_FILE", write("key", "b")}};
  EXPECT_EQ(refusal(), "PARLEY_OPENAI_API_KEY and PARLEY_OPENAI_API_KEY_FILE are both set; set one of them.");
}

TEST_F(SettingsFrom, TheVariablesThatOthersRelyOnConnectAModel) {
  environment_ = {{"OPENAI_BASE_URL", "http://127.0.0.1:9/v1"}, {"OPENAI_MODEL", "m"}};
  const auto loaded = load().value();
  EXPECT_EQ(loaded.settings.engine, EngineChoice::openai);
  EXPECT_EQ(loaded.settings.openai_model, "m");
}

TEST_F(SettingsFrom, OpenaiWithoutAKeyOrAnAddressIsRefused) {
  flags_ = {{"engine", "openai"}};
  EXPECT_NE(refusal().find("needs openai-api-key"), std::string::npos);
}

TEST_F(SettingsFrom, AKeyOfAnthropicsConnectsItWhereOpenaiIsNotConfigured) {
  environment_ = {{"ANTHROPIC_API_KEY", "sk-secret"}};
  const auto loaded = load().value();
  EXPECT_EQ(loaded.settings.engine, EngineChoice::anthropic);
  EXPECT_EQ(loaded.settings.anthropic_api_key, "sk-secret");
  EXPECT_EQ(loaded.settings.anthropic_base_url, "https://api.anthropic.com");
  environment_["OPENAI_API_KEY"] = "sk-other";
  EXPECT_EQ(load().value().settings.engine, EngineChoice::openai);
}

TEST_F(SettingsFrom, AnthropicWithoutAKeyOrAnAddressIsRefused) {
  flags_ = {{"engine", "anthropic"}};
  EXPECT_NE(refusal().find("needs anthropic-api-key"), std::string::npos);
  flags_["anthropic-base-url"] = "http://127.0.0.1:9";
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(SettingsFrom, ALocalModelIsServedWhateverElseIsConfigured) {
  environment_ = {{"OPENAI_API_KEY", "sk-other"}};
  flags_ = {{"local-model", "ggml-org/gemma-3-1b-it-GGUF"}};
  const auto loaded = load().value();
  EXPECT_EQ(loaded.settings.engine, EngineChoice::llama_server);
  EXPECT_EQ(loaded.settings.llama_server_path, "llama-server");
  flags_["engine"] = "openai";
  EXPECT_EQ(load().value().settings.engine, EngineChoice::openai);
}

TEST_F(SettingsFrom, LlamaServerWithoutAModelIsRefused) {
  flags_ = {{"engine", "llama_server"}};
  EXPECT_NE(refusal().find("needs a local-model"), std::string::npos);
}

TEST_F(SettingsFrom, WrongValuesNameSettingSourceAndWhatWouldBeRight) {
  environment_ = {{"PARLEY_CHAT_PRICE", "-1"}};
  EXPECT_EQ(refusal(),
            "chat-price (environment PARLEY_CHAT_PRICE) must be a whole number from 0 to 9007199254740991, "
            "not \"-1\".");
  environment_ = {{"PARLEY_ENGINE", "magic"}};
  EXPECT_NE(refusal().find("must be one of auto, offline, openai, anthropic"), std::string::npos);
  environment_.clear();
  flags_ = {{"trusted-proxies", "127.0.0.1,nope"}};
  EXPECT_EQ(refusal(), "trusted-proxies (flag --trusted-proxies) has \"nope\", which is no address or network.");
  flags_ = {{"openai-base-url", "http://user:hunter2@host/v1"}};
  EXPECT_NE(refusal().find("openai-base-url (flag --openai-base-url) must be an http or https URL"), std::string::npos);
  EXPECT_EQ(refusal().find("hunter2"), std::string::npos);
  for (const char* listen : {"8000", ":8000", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x"}) {
    flags_ = {{"listen", listen}};
    EXPECT_NE(refusal().find("listen (flag --listen)"), std::string::npos) << listen;
  }
}

TEST_F(SettingsFrom, AFileIsRefusedWithItsLine) {
  file_ = write("parley.toml", "\nchat-prize = 1\n");
  EXPECT_NE(refusal().find("line 2: \"chat-prize\" is not a setting."), std::string::npos) << refusal();
  file_ = write("parley.toml", "chat-price = [\n");
  EXPECT_NE(refusal().find("parley.toml, line "), std::string::npos);
  file_ = write("parley.toml", "chat-price = [1]\n");
  EXPECT_NE(refusal().find("must be a text, a whole number or a boolean"), std::string::npos);
  file_ = folder_ / "missing.toml";
  EXPECT_NE(refusal().find("is not there"), std::string::npos);
}

TEST(SettingsTable, EveryDefaultPassesItsOwnCheck) {
  for (const SettingSpec& spec : settings_table()) {
    Settings settings;
    EXPECT_TRUE(spec.assign(settings, std::string(spec.default_text)).has_value()) << spec.name;
  }
}

TEST(SettingsTable, ThePageShowsEverySetting) {
  const std::string page = settings_page();
  for (const SettingSpec& spec : settings_table()) {
    EXPECT_NE(page.find("| `" + std::string(spec.name) + "` |"), std::string::npos) << spec.name;
  }
}

TEST(SettingsTable, ThePageIsTheOneInTheDocumentation) {
  std::ifstream file(std::filesystem::path(PARLEY_SOURCE_FOLDER) / "docs" / "settings.md");
  const std::string documented{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(documented, settings_page()) << "run `make docs`";
}

}  // namespace
}  // namespace parley::app
