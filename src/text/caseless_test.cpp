#include "text/caseless.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley::text {
namespace {

std::string folded(std::string_view text) {
  return caseless(text).value();
}

TEST(Caseless, IsTheSameInAnyCase) {
  EXPECT_EQ(folded("Grand Total, 2nd [A-Z]"), "grand total, 2nd [a-z]");
  EXPECT_EQ(folded("STRASSE"), folded("Stra\xC3\x9F"
                                      "e"));
  EXPECT_EQ(folded("\xD0\x98\xD0\x92\xD0\x90\xD0\x9D"), folded("\xD0\xB8\xD0\xB2\xD0\xB0\xD0\xBD"));
  EXPECT_EQ(folded("\xCE\xA3\xCE\x8A\xCE\xA3\xCE\xA5\xCE\xA6\xCE\x9F\xCE\xA3"),
            folded("\xCF\x83\xCE\xAF\xCF\x83\xCF\x85\xCF\x86\xCE\xBF\xCF\x82"));
  EXPECT_NE(folded("resume"), folded("r\xC3\xA9sum\xC3\xA9"));
}

TEST(Caseless, IsTheSameInCompatibleForms) {
  EXPECT_EQ(folded("E\xCC\x81t\xC3\xA9"), folded("\xC3\xA9te\xCC\x81"));
  EXPECT_EQ(folded("\xEF\xAC\x81sh"), "fish");
  EXPECT_EQ(folded("\xEF\xBC\xA1\xE2\x84\xAA"), "ak");
  EXPECT_EQ(compatible("\xEF\xBC\xA1").value(), "A");
}

TEST(Caseless, IsNothingOfWhatIsNotUtf8) {
  for (const char* text : {"\xFF", "ok \xC3", "\xED\xA0\x80 no", "a\xCC"}) {
    EXPECT_FALSE(caseless(text)) << text;
    EXPECT_FALSE(compatible(text)) << text;
  }
  EXPECT_EQ(folded(""), "");
  EXPECT_EQ(folded(std::string_view("a\0B", 3)), std::string_view("a\0b", 3));
}

/// Texts of characters that meet in every way: ASCII in both cases, marks, what folds to several, Hangul.
rc::Gen<std::string> any_text() {
  const auto pieces = rc::gen::element<std::string>(
      "a", "E", "K", " ", "\n", "\xCC\x81", "\xCC\xA7", "\xC3\x89", "\xC3\x9F", "\xEF\xAC\x81", "\xE1\x84\x80",
      "\xE1\x85\xA1", "\xE1\x86\xA8", "\xE6\x97\xA5", "\xCD\x85", "\xE1\xBE\xB3", "\xF0\x9F\x91\xA9");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(pieces), [](const std::vector<std::string>& some) {
    std::string text;
    for (const std::string& piece : some) text += piece;
    return text;
  });
}

RC_GTEST_PROP(Caseless, IsCaselessItself, ()) {
  const std::string once = folded(*any_text());
  RC_ASSERT(folded(once) == once);
  RC_ASSERT(compatible(once).value() == once);
}

RC_GTEST_PROP(Caseless, IsTheSameOfATextInNormalForm, ()) {
  const std::string text = *any_text();
  RC_ASSERT(folded(compatible(text).value()) == folded(text));
}

TEST(Contains, FindsAPartWhereverItIs) {
  EXPECT_TRUE(contains("needle in hay", "needle"));
  EXPECT_TRUE(contains("hay needle", "needle"));
  EXPECT_FALSE(contains("hay need", "needle"));
  EXPECT_TRUE(contains("hay", ""));
  EXPECT_TRUE(contains("", ""));
  EXPECT_FALSE(contains("", "needle"));
}

TEST(Contains, TakesLinearTimeAlsoWhereTheTextsRepeatThemselves) {
  const std::string text(1 << 21, 'a');
  const std::string part = std::string(1 << 20, 'a') + "b" + std::string(1 << 10, 'a');
  EXPECT_FALSE(contains(text, part));  // 10^12 comparisons otherwise
}

}  // namespace
}  // namespace parley::text
