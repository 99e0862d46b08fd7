#include "api/page.h"

#include <gtest/gtest.h>

namespace parley::api {
namespace {

constexpr PageSize size{.standard = 50, .max = 200};

TEST(PageQuery, HasTheStandardSizeAndBeginsAtTheNewest) {
  FieldErrors errors;
  const PageQuery query("", size, errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(query.cursor(), std::nullopt);
  EXPECT_EQ(query.limit(), 50);
  EXPECT_EQ(query.field("q"), std::nullopt);
}

TEST(PageQuery, ReadsWhatItIsGivenAndOfRepeatedFieldsTheLast) {
  FieldErrors errors;
  const PageQuery query("limit=1&cursor=7&limit=200&q=a%20b", size, errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(query.cursor(), 7);
  EXPECT_EQ(query.limit(), 200);
  EXPECT_EQ(query.field("q"), "a b");
}

TEST(PageQuery, NotesWhatIsWrong) {
  for (const char* text : {"limit=0", "limit=201", "limit=-1", "limit=x", "limit=", "cursor=0", "cursor=-1",
                           "cursor=1x", "cursor=9223372036854775808", "q=%", "q=%ff"}) {
    FieldErrors errors;
    const PageQuery query(text, size, errors);
    EXPECT_FALSE(errors.empty()) << text;
  }
}

}  // namespace
}  // namespace parley::api
