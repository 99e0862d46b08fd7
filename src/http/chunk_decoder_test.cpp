#include "http/chunk_decoder.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace parley::http {
namespace {

using namespace std::string_literals;

struct Decoded {
  std::string body;
  bool complete = false;
  int refused = 0;
  std::size_t taken = 0;

  friend bool operator==(const Decoded&, const Decoded&) = default;
};

constexpr std::size_t usual_max = 1024 * 1024;

Decoded outcome_of(const ChunkDecoder& decoder, std::string body, std::size_t taken) {
  return {.body = std::move(body),
          .complete = decoder.complete(),
          .refused = decoder.refusal() ? decoder.refusal()->status : 0,
          .taken = taken};
}

Decoded decode_whole(const std::string& bytes, std::size_t body_bytes_max = usual_max) {
  ChunkDecoder decoder(body_bytes_max);
  std::string body;
  const std::size_t taken = decoder.decode(bytes, body);
  return outcome_of(decoder, body, taken);
}

/// The outcome, which must be the same with the bytes split anywhere, and with each byte by itself.
Decoded decode_split(const std::string& bytes, std::size_t body_bytes_max = usual_max) {
  const Decoded whole = decode_whole(bytes, body_bytes_max);
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    ChunkDecoder decoder(body_bytes_max);
    std::string body;
    std::size_t taken = decoder.decode(std::string_view(bytes).substr(0, split), body);
    taken += decoder.decode(std::string_view(bytes).substr(split), body);
    EXPECT_EQ(outcome_of(decoder, body, taken), whole) << "split at " << split;
  }
  ChunkDecoder decoder(body_bytes_max);
  std::string body;
  std::size_t taken = 0;
  for (const char& byte : bytes) taken += decoder.decode({&byte, 1}, body);
  EXPECT_EQ(outcome_of(decoder, body, taken), whole) << "byte by byte";
  return whole;
}

int refused(const std::string& bytes, std::size_t body_bytes_max = usual_max) {
  return decode_split(bytes, body_bytes_max).refused;
}

TEST(ChunkDecoder, DecodesChunksAndLeavesWhatFollows) {
  const std::string bytes = "5\r\nhello\r\n1\r\n \r\n00A\r\n0123456789\r\n0\r\n\r\n";
  EXPECT_EQ(decode_split(bytes + "GET /"),
            (Decoded{.body = "hello 0123456789", .complete = true, .refused = 0, .taken = bytes.size()}));
}

TEST(ChunkDecoder, DecodesAnEmptyBody) {
  EXPECT_TRUE(decode_split("0\r\n\r\n").complete);
}

TEST(ChunkDecoder, KeepsDataThatLooksLikeFraming) {
  EXPECT_EQ(decode_split("7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n").body, "\r\n0\r\n\r\n");
}

TEST(ChunkDecoder, RefusesASizeThatIsNotOneRunOfHexadecimalDigits) {
  for (const char* size : {"", " 5", "+5", "-5", "0x5", "g", "5g", "5\t", "5_0", "\r", "5,5"}) {
    EXPECT_EQ(refused(std::string(size) + "\r\nhello\r\n0\r\n\r\n"), 400) << size;
  }
  EXPECT_EQ(refused("00000000000000005\r\nhello\r\n0\r\n\r\n"), 400) << "17 digits";
}

TEST(ChunkDecoder, RefusesLinesThatDoNotEndInCrlf) {
  for (const char* bytes :
       {"5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\nhello0\r\n",
        "5\r\nhello\r\n0\r\n\n", "5\rhello", "5\r\nhello\rx", "5\r\nhellox\r\n", "0\r\n\rx"}) {
    EXPECT_EQ(refused(bytes), 400) << bytes;
  }
}

TEST(ChunkDecoder, RefusesTooLargeABodyAsSoonAsASizeSaysSo) {
  EXPECT_EQ(decode_split("8\r\n12345678\r\n0\r\n\r\n", 8).body, "12345678");
  EXPECT_EQ(refused("9", 8), 413);
  EXPECT_EQ(refused("4\r\n1234\r\n5", 8), 413);
  EXPECT_EQ(refused("ffffffffffffffff", 8), 413);
  EXPECT_EQ(refused("fffffffffffffff0", std::size_t{1} << 60), 413);
}

TEST(ChunkDecoder, ThrowsExtensionsAwayAndBoundsThem) {
  EXPECT_EQ(decode_split("2;a\r\nhi\r\n0;b=\"c d\"\r\n\r\n").body, "hi");
  EXPECT_EQ(decode_split("2 ;a=b\r\nhi\r\n0\r\n\r\n").body, "hi");
  const std::string longest(chunk_extension_bytes_max - 1, 'x');
  EXPECT_TRUE(decode_split("0;" + longest + "\r\n\r\n").complete);
  EXPECT_EQ(refused("0;" + longest + "x\r\n\r\n"), 400);
}

TEST(ChunkDecoder, BoundsTheExtensionsOfAWholeBody) {
  const std::string chunk = "1;" + std::string(chunk_extension_bytes_max - 1, 'x') + "\r\na\r\n";
  std::string bytes;
  for (std::size_t i = 0; i < chunk_extensions_total_bytes_max / chunk_extension_bytes_max; ++i) bytes += chunk;
  EXPECT_TRUE(decode_whole(bytes + "0\r\n\r\n").complete);
  EXPECT_EQ(decode_whole(bytes + "0;\r\n\r\n").refused, 400);
}

TEST(ChunkDecoder, RefusesControlCharactersInExtensions) {
  for (const std::string& bytes :
       {"2;a\tb\r\nhi"s, "2;a\nb\r\nhi"s, "2;a\0b\r\nhi"s, "2;a\x7f\r\nhi"s, "2;\rb\r\nhi"s}) {
    EXPECT_EQ(refused(bytes), 400) << bytes;
  }
  EXPECT_EQ(refused("2 \r\nhi\r\n"), 400) << "a space without an extension";
  EXPECT_EQ(refused("2 2\r\nhi\r\n"), 400);
}

TEST(ChunkDecoder, ThrowsTrailersAwayAndBoundsThem) {
  EXPECT_EQ(decode_split("2\r\nhi\r\n0\r\nA: b\r\nC:\td\r\n\r\n").body, "hi");
  const std::string trailer = "A:" + std::string(trailer_bytes_max - 5, 'x') + "\r\n";
  EXPECT_TRUE(decode_whole("0\r\n" + trailer + "\r\n").complete);
  EXPECT_EQ(decode_whole("0\r\nx" + trailer + "\r\n").refused, 431);
}

TEST(ChunkDecoder, RefusesTrailersThatAreNoHeaders) {
  for (const std::string& trailer : {"A\r\n"s, " A: b\r\n"s, "A : b\r\n"s, ": b\r\n"s, "A: b\nC: d\r\n"s, "A: \0\r\n"s,
                                     "A: b\r\n c\r\n"s, "A: b\rc\r\n"s}) {
    EXPECT_EQ(refused("0\r\n" + trailer + "\r\n"), 400) << trailer;
  }
}

RC_GTEST_PROP(ChunkDecoder, DecodesWhatWasEncodedHoweverItIsCut, (const std::vector<std::string>& chunks)) {
  std::string encoded;
  std::string expected;
  for (const std::string& chunk : chunks) {
    if (chunk.empty()) continue;
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
    encoded += size.data() + chunk + "\r\n";
    expected += chunk;
  }
  encoded += "0\r\n\r\n";
  ChunkDecoder decoder(usual_max);
  std::string body;
  for (std::string_view rest = encoded; !rest.empty();) {
    const auto bytes = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
    RC_ASSERT(decoder.decode(rest.substr(0, bytes), body) == bytes);
    rest.remove_prefix(bytes);
  }
  RC_ASSERT(decoder.complete());
  RC_ASSERT(body == expected);
}

}  // namespace
}  // namespace parley::http
