#include "engines/offline.h"

#include <gtest/gtest.h>

#include "async/run_to_end.h"

namespace parley::engines {
namespace {

TEST(Offline, SaysTheLastUserMessageBack) {
  Offline engine;
  const auto reply = async::run_to_end(engine.generate({.messages = {{.role = Role::system, .text = "Be brief."},
                                                                     {.role = Role::user, .text = "first"},
                                                                     {.role = Role::assistant, .text = "so"},
                                                                     {.role = Role::user, .text = "it's 'me'\n"}}},
                                                       nullptr));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->text, "AI response to 'it's 'me'\n'");
  EXPECT_EQ(reply->usage.value().input_model_tokens, 7);
  EXPECT_EQ(reply->usage.value().output_model_tokens, 7);
  EXPECT_EQ(engine.name(), "offline");
}

TEST(Offline, SaysItWordByWordToAListener) {
  struct Words final : ReplyListener {
    void open() override { said += '<'; }
    void hear(const Heard& heard) override { said.append(heard.text).append("|"); }
    std::string said;
  } words;
  Offline engine;
  const auto reply = async::run_to_end(engine.generate({.messages = {{.role = Role::user, .text = "oh my"}}}, &words));
  EXPECT_EQ(words.said, "<AI |response |to |'oh |my'|");
  EXPECT_EQ(reply.value().text, "");
}

TEST(Offline, CutsALongWordBetweenCharacters) {
  struct Pieces final : ReplyListener {
    void open() override {}
    void hear(const Heard& heard) override { said.emplace_back(heard.text); }
    std::vector<std::string> said;
  } pieces;
  std::string word;
  while (word.size() < 100'000) word += "\xE2\x82\xAC";
  Offline engine;
  async::run_to_end(engine.generate({.messages = {{.role = Role::user, .text = word}}}, &pieces)).value();
  std::string all;
  for (const std::string& piece : pieces.said) {
    EXPECT_LE(piece.size(), 1024U);
    EXPECT_NE(static_cast<unsigned char>(piece.front()) & 0xC0, 0x80);
    all += piece;
  }
  EXPECT_EQ(all, "AI response to '" + word + "'");
}

}  // namespace
}  // namespace parley::engines
