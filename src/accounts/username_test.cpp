#include "accounts/username.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

namespace parley::accounts {
namespace {

std::string shown(std::string_view text) {
  return parse_username(text).value().shown;
}

std::string key(std::string_view text) {
  return parse_username(text).value().key;
}

std::string refusal_of(std::string_view text) {
  const auto username = parse_username(text);
  if (username.has_value()) return "(accepted)";
  EXPECT_EQ(username.error().code, base::ErrorCode::invalid_input);
  EXPECT_EQ(username.error().field, "username");
  return username.error().message;
}

constexpr const char* bad =
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
constexpr const char* too_long = "Ensure this field has no more than 150 characters.";

TEST(Username, IsLettersDigitsAndFiveSigns) {
  for (const char* text :
       {"testuser", "Test.User+tag@example-site_1", "1", "_", "Jos\xC3\xA9", "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD",
        "\xE5\xBC\xA0\xE4\xBC\x9F", "\xD9\x85\xD8\xAD\xD9\x85\xD8\xAF", "\xD9\xA1\xD9\xA2"}) {
    EXPECT_EQ(shown(text), text);
  }
}

TEST(Username, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "a b",
                           " a",
                           "a ",
                           "a\n",
                           "a/b",
                           "a,b",
                           "a#b",
                           "a:b",
                           "a\\b",
                           "<a>",
                           "a'b",
                           "a\"b",
                           "a\xE2\x80\x8B"
                           "b",  // zero width space
                           "a\xE2\x80\x8D"
                           "b",  // zero width joiner
                           "a\xE2\x80\xAE"
                           "b",  // right-to-left override
                           "a\xC2\xAD"
                           "b",                 // soft hyphen
                           "\xE3\x85\xA4",      // Hangul filler: a letter that shows nothing
                           "a\xEF\xB8\x8F",     // variation selector: a mark that shows nothing
                           "\xF0\x9F\x98\x80",  // an emoji
                           "\xE2\x82\xAC",      // the euro sign
                           "\xE2\x85\x94",      // two thirds: a fraction slash once normalised
                           "a\xFF",
                           "\xC3",
                           "\xED\xA0\x80"}) {
    EXPECT_EQ(refusal_of(text), bad) << text;
  }
  EXPECT_EQ(refusal_of(std::string_view("a\0b", 3)), bad);
}

TEST(Username, CarriesMarksOnLettersOnly) {
  EXPECT_EQ(shown("e\xCC\x81"), "\xC3\xA9");                                 // composed
  EXPECT_EQ(shown("\xE0\xA4\xB9\xE0\xA4\xBF"), "\xE0\xA4\xB9\xE0\xA4\xBF");  // Devanagari with its vowel sign
  EXPECT_EQ(shown("x\xCC\x81\xCC\x81"), "x\xCC\x81\xCC\x81");
  EXPECT_EQ(refusal_of("\xCC\x81"), bad);
  EXPECT_EQ(refusal_of("1\xCC\x81"), bad);
  EXPECT_EQ(refusal_of("a-\xCC\x81"), bad);
}

TEST(Username, IsAtMost150CharactersOnceNormalised) {
  EXPECT_EQ(shown(std::string(150, 'a')), std::string(150, 'a'));
  EXPECT_EQ(refusal_of(std::string(151, 'a')), too_long);
  std::string decomposed;
  for (int i = 0; i < 150; ++i) decomposed += "e\xCC\x81";
  EXPECT_NE(refusal_of(decomposed), too_long);
  EXPECT_EQ(refusal_of(decomposed + "a"), too_long);
  EXPECT_EQ(refusal_of(std::string(1'000'000, 'a')), too_long);
}

TEST(Username, IsTheSameInWhateverCaseOrForm) {
  EXPECT_EQ(key("TestUser"), "testuser");
  EXPECT_EQ(key("STRASSE"), key("stra\xC3\x9F"
                                "e"));
  EXPECT_EQ(key("\xCE\xA3\xCE\xA3"), key("\xCF\x83\xCF\x82"));  // both sigmas
  EXPECT_EQ(key("\xEF\xBC\xA1\xEF\xBC\xA2"), "ab");             // full-width AB
  EXPECT_EQ(key("\xEF\xAC\x81"), "fi");                         // the ligature
  EXPECT_EQ(key("e\xCC\x81"), key("\xC3\x89"));
  EXPECT_NE(key("a"), key("\xD0\xB0"));  // Latin and Cyrillic
  EXPECT_EQ(shown("TestUser"), "TestUser");
}

/// Over every code point of the planes that have case, marks or compatible forms.
TEST(Username, NormalisingAgainChangesNothing) {
  int accepted = 0;
  for (utf8proc_int32_t point = 1; point <= 0x2FA1F; ++point) {
    if (point == 0x20000) point = 0x2F800;  // ideographs with neither
    utf8proc_uint8_t bytes[4];
    const auto size = utf8proc_encode_char(point, bytes);
    const auto username =
        parse_username("A" + std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)));
    if (username.has_error()) continue;
    ++accepted;
    const Username again = parse_username(username->shown).value();
    ASSERT_EQ(again.shown, username->shown) << std::hex << point;
    ASSERT_EQ(again.key, username->key) << std::hex << point;
    const Username of_key = parse_username(username->key).value();
    ASSERT_EQ(of_key.shown, username->key) << std::hex << point;
    ASSERT_EQ(of_key.key, username->key) << std::hex << point;
  }
  EXPECT_GT(accepted, 60'000);
}

}  // namespace
}  // namespace parley::accounts
