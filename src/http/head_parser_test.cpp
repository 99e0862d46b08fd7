#include "http/head_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::http {
namespace {

Request parsed(const std::string& block) {
  Request request;
  EXPECT_TRUE(parse_head(block, std::get<Passed>(inspect(block)).line, request));
  return request;
}

TEST(HeadParser, KeepsHeadersInOrderAndTheirValuesTrimmed) {
  const Request request = parsed("PATCH /a?b HTTP/1.1\r\nHost: x\r\nA: \t1 2\t \r\nb:\r\nA: 3\r\n\r\n");
  EXPECT_EQ(request.method, Method::patch);
  EXPECT_EQ(request.method_text, "PATCH");
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "b");
  ASSERT_EQ(request.headers.size(), 4U);
  EXPECT_EQ(request.headers[1].value, "1 2");
  EXPECT_EQ(request.headers[2].name, "b");
  EXPECT_EQ(request.headers[2].value, "");
}

TEST(HeadParser, FindsTheFirstHeaderOfANameInAnyCase) {
  const Request request = parsed("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\na: 2\r\n\r\n");
  EXPECT_EQ(request.header("A"), "1");
  EXPECT_EQ(request.header("hOST"), "x");
  EXPECT_EQ(request.header("b"), std::nullopt);
}

TEST(HeadParser, MethodsAreCaseSensitive) {
  EXPECT_EQ(parsed("get / HTTP/1.1\r\nHost: x\r\n\r\n").method, Method::other);
  EXPECT_EQ(parsed("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n").method, Method::delete_);
}

TEST(HeadParser, LeavesTheFramingOfBodiesToTheGate) {
  EXPECT_EQ(
      parsed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n").header("content-length"),
      "18446744073709551615");
  EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").headers.size(), 2U);
}

TEST(HeadParser, TakesTheLongestBlockThatPasses) {
  std::string block = "GET /" + std::string(8000, 'a') + " HTTP/1.1\r\nHost: x\r\n";
  block += "A: " + std::string(8000, 'b') + "\r\n\r\n";
  EXPECT_EQ(parsed(block).headers.back().value.size(), 8000U);
}

}  // namespace
}  // namespace parley::http
