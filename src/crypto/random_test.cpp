#include "crypto/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace parley::crypto {
namespace {

TEST(Random, FillsEveryByte) {
  std::array<std::byte, 8> ever_set{};
  for (int i = 0; i < 64; ++i) {
    std::array<std::byte, 8> bytes{};
    fill_random(bytes);
    for (std::size_t at = 0; at < bytes.size(); ++at) ever_set[at] |= bytes[at];
  }
  for (const std::byte bits : ever_set) EXPECT_EQ(bits, std::byte{0xFF});
}

TEST(Random, TextsAreCanonicalAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = random_text();
    EXPECT_TRUE(is_random_text(text)) << text;
    EXPECT_TRUE(seen.insert(text).second);
  }
}

TEST(Random, KnowsWhatIsNoRandomText) {
  const std::string text = "abcdefghijklmnopqrst-A";
  ASSERT_TRUE(is_random_text(text));
  EXPECT_FALSE(is_random_text(""));
  EXPECT_FALSE(is_random_text(text + "A"));
  EXPECT_FALSE(is_random_text(text.substr(1)));
  EXPECT_FALSE(is_random_text("abcdefghijklmnopqrst-B"));  // bits beyond the 128
  EXPECT_FALSE(is_random_text("abcdefghijklmnopqrst+A"));
  EXPECT_FALSE(
      is_random_text("abcdefghijklmnopqrs\xC3\xA9"
                     "A"));
}

}  // namespace
}  // namespace parley::crypto
