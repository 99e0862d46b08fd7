#include "http/form.h"

#include <gtest/gtest.h>

#include "http/utf8.h"

namespace parley::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(Form, DecodesNamesAndValuesInOrder) {
  EXPECT_EQ(decode_form("b=1&a=2&b=3", 10), (Fields{{"b", "1"}, {"a", "2"}, {"b", "3"}}));
}

TEST(Form, ReadsPlusAsASpaceAndPercentTripletsAsBytes) {
  EXPECT_EQ(decode_form("a+b=x+%2B%26%3d+y", 10), (Fields{{"a b", "x +&= y"}}));
  EXPECT_EQ(decode_form("m=Gr%C3%BC%c3%9fe", 10), (Fields{{"m", "Grüße"}}));
}

TEST(Form, AFieldMayLackItsValueItsNameOrBoth) {
  EXPECT_EQ(decode_form("a&=b&c=&=&&d=e=f&", 10), (Fields{{"a", ""}, {"", "b"}, {"c", ""}, {"", ""}, {"d", "e=f"}}));
  EXPECT_EQ(decode_form("", 10), Fields());
}

TEST(Form, RefusesBadPercentEncoding) {
  for (const char* body : {"a=%", "a=%4", "a=%zz", "a=%4g", "%=a", "a=b&c=%2"}) {
    EXPECT_EQ(decode_form(body, 10), std::nullopt) << body;
  }
}

TEST(Form, RefusesWhatIsNotUtf8OrHoldsNul) {
  for (const char* body : {"a=%ff", "a=%C3", "a=%ED%A0%80", "a=%C0%AF", "a=\xff", "a=%00", "%00=a"}) {
    EXPECT_EQ(decode_form(body, 10), std::nullopt) << body;
  }
}

TEST(Form, LetsFieldsHaveTheirLimitAndRefusesOneMore) {
  EXPECT_TRUE(decode_form("a&b&c", 3).has_value());
  EXPECT_EQ(decode_form("a&b&c&d", 3), std::nullopt);
}

TEST(Utf8, IsWhatTheUnicodeStandardCallsWellFormed) {
  for (const char* text : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe1\x80",
                           "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf1\x80\x80\x41", "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80", "\xff", "a\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace parley::http
