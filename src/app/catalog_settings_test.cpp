#include "app/catalog_settings.h"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

using base::operator""_tokens;

base::Result<CatalogSettings> read(std::string_view text) {
  const toml::table table = toml::parse(text);
  return read_catalog(table, "parley.toml", [](const std::string& variable) -> base::Result<std::string> {
    return variable == "BACKUP_KEY" ? std::string("sk-backup") : std::string();
  });
}

std::string complaint(std::string_view text) {
  const auto settings = read(text);
  if (!settings.has_error()) return "";
  EXPECT_EQ(settings.error().code, base::ErrorCode::invalid_input);
  EXPECT_TRUE(settings.error().message.starts_with("parley.toml")) << settings.error().message;
  EXPECT_EQ(settings.error().message.find("sk-backup"), std::string::npos);
  return settings.error().message;
}

TEST(CatalogSettings, AreEmptyWhereTheFileSaysNothing) {
  const auto settings = read("chat-price = 5").value();
  EXPECT_TRUE(settings.models.empty());
  EXPECT_TRUE(settings.engines.empty());
}

TEST(CatalogSettings, OfAModelHaveDefaults) {
  const auto model = read("[[models]]\nname = 'm'\nengine = 'openai'\nupstream-model = 'gpt'\n").value().models.at(0);
  EXPECT_EQ(model.name, "m");
  EXPECT_EQ(model.routes, (std::vector<catalog::Route>{{"openai", "gpt"}}));
  EXPECT_EQ(std::get<catalog::FlatPrice>(model.price).per_turn, 100_tokens);
  EXPECT_EQ(model.output_max, std::nullopt);
  EXPECT_EQ(model.context_max, 8'192);
  EXPECT_TRUE(model.passes.empty());
}

TEST(CatalogSettings, OfAModelAreAllRead) {
  const auto settings = read(R"(
[engines.backup]
kind = "openai"
base-url = "http://127.0.0.1:11434/v1"
api-key-variable = "BACKUP_KEY"

[[models]]
name = "strong"
engines = [ { engine = "openai", upstream-model = "gpt" }, { engine = "backup", upstream-model = "llama" } ]
price = { input-per-1000 = 2, output-per-1000 = 8, minimum = 1 }
output-model-tokens-max = 4096
context-model-tokens-max = 128000
model-tokens-per-image = 765
pass = ["service_tier", "store"]

[[models]]
name = "free"
engine = "offline"
upstream-model = "offline"
price = 0
)")
                            .value();
  ASSERT_EQ(settings.models.size(), 2U);
  const auto& strong = settings.models[0];
  EXPECT_EQ(strong.routes, (std::vector<catalog::Route>{{"openai", "gpt"}, {"backup", "llama"}}));
  const auto& price = std::get<catalog::UsagePrice>(strong.price);
  EXPECT_EQ(price.input_per_1000, 2_tokens);
  EXPECT_EQ(price.output_per_1000, 8_tokens);
  EXPECT_EQ(price.minimum, 1_tokens);
  EXPECT_EQ(strong.output_max, 4'096);
  EXPECT_EQ(strong.context_max, 128'000);
  EXPECT_EQ(strong.model_tokens_per_image, 765);
  EXPECT_EQ(strong.passes, (std::vector<std::string>{"service_tier", "store"}));
  EXPECT_EQ(std::get<catalog::FlatPrice>(settings.models[1].price).per_turn, 0_tokens);
  ASSERT_EQ(settings.engines.size(), 1U);
  EXPECT_EQ(settings.engines[0].name, "backup");
  EXPECT_EQ(settings.engines[0].kind, EngineKind::openai);
  EXPECT_EQ(settings.engines[0].api_key, "sk-backup");
}

TEST(CatalogSettings, ThatAreWrongAreNamedWithTheirLine) {
  EXPECT_NE(complaint("models = 1"), "");
  EXPECT_NE(complaint("models = []"), "");
  EXPECT_NE(complaint("[[models]]\nengine = 'openai'").find("line 1: a model must have name, a text"),
            std::string::npos);
  EXPECT_NE(complaint("\n[[models]]\nname = 'm'\nengine = 'openai'").find("line 2: the model \"m\" must have upstream"),
            std::string::npos);
  const std::string start = "[[models]]\nname = 'm'\nengine = 'openai'\nupstream-model = 'gpt'\n";
  EXPECT_NE(complaint(start + "prise = 5").find("\"prise\""), std::string::npos);
  EXPECT_NE(complaint(start + "price = -1"), "");
  EXPECT_NE(complaint(start + "price = 1.5"), "");
  EXPECT_NE(complaint(start + "price = 9007199254740992"), "");
  EXPECT_NE(complaint(start + "price = { per-turn = 1 }"), "");
  EXPECT_NE(complaint(start + "price = { input-per-1000 = -1 }"), "");
  EXPECT_NE(complaint(start + "output-model-tokens-max = 'many'"), "");
  EXPECT_NE(complaint(start + "pass = 'store'"), "");
  EXPECT_NE(complaint(start + "pass = [1]"), "");
  EXPECT_NE(complaint(start + "engines = []"), "");
  EXPECT_NE(complaint("[[models]]\nname = 'm'\nengines = ['openai']"), "");
  EXPECT_NE(complaint("[[models]]\nname = 'm'\nengines = [{ engine = 'openai' }]"), "");
}

TEST(CatalogSettings, OfEnginesThatAreWrongAreNamed) {
  EXPECT_NE(complaint("engines = 1"), "");
  EXPECT_NE(complaint("[engines]\nx = 1"), "");
  EXPECT_NE(complaint("[engines.openai]\nkind = 'openai'\nbase-url = 'http://x'").find("settings of its own"),
            std::string::npos);
  EXPECT_NE(complaint("[engines.x]\nkind = 'magic'\nbase-url = 'http://x'"), "");
  EXPECT_NE(complaint("[engines.x]\nkind = 'openai'"), "");
  EXPECT_NE(complaint("[engines.x]\nkind = 'openai'\nbase-url = 'http://x'\napi-key = 'sk-backup'"), "");
  EXPECT_NE(complaint("[engines.x]\nkind = 'openai'\nbase-url = 'http://x'\napi-key-variable = 'NONE'").find("NONE"),
            std::string::npos);
}

}  // namespace
}  // namespace parley::app
