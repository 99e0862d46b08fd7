#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::crypto {
namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::byte byte : digest) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4U];
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 0xFU];
  }
  return text;
}

// As `b2sum -l 256` prints them.
TEST(Digest, IsBlake2bOf256Bits) {
  EXPECT_EQ(hex(digest_of("")), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(hex(digest_of("abc")), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(Digest, EqualOnlyWhereEveryByteIs) {
  const Digest digest = digest_of("abc");
  EXPECT_TRUE(equal(digest, digest_of("abc")));
  for (std::size_t at = 0; at < digest.size(); ++at) {
    Digest other = digest;
    other[at] ^= std::byte{1};
    EXPECT_FALSE(equal(digest, other)) << at;
  }
}

}  // namespace
}  // namespace parley::crypto
