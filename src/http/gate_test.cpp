#include "http/gate.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace parley::http {
namespace {

/// The status with which a block is refused; 0 where it passes.
int refused(std::string_view block) {
  const auto inspected = inspect(block);
  const auto* refusal = std::get_if<Refusal>(&inspected);
  return refusal == nullptr ? 0 : refusal->status;
}

int refused_line(const std::string& request_line) {
  return refused(request_line + "\r\nHost: a.example\r\n\r\n");
}

int refused_with(const std::string& headers, const std::string& version = "HTTP/1.1") {
  return refused("POST / " + version + "\r\nHost: a.example\r\n" + headers + "\r\n");
}

int refused_host(const std::string& host, const std::string& target = "/") {
  return refused("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
}

Framing framing_with(const std::string& headers, const std::string& version = "HTTP/1.1") {
  const std::string block = "POST / " + version + "\r\nHost: a.example\r\n" + headers + "\r\n";
  return std::get<Passed>(inspect(block)).framing;
}

TEST(Gate, Rfc9112Section3TheRequestLineHasThreePartsAndSingleSpaces) {
  EXPECT_EQ(refused_line("GET / HTTP/1.1"), 0);
  for (const char* line : {"GET", "GET /", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1",
                           "GET\t/\tHTTP/1.1", "GET / a HTTP/1.1", "/ HTTP/1.1", "GET HTTP/1.1"}) {
    EXPECT_EQ(refused_line(line), 400) << line;
  }
}

TEST(Gate, Rfc9110Section9TheMethodIsAnyToken) {
  EXPECT_EQ(refused_line("get / HTTP/1.1"), 0);
  EXPECT_EQ(refused_line("M-SEARCH / HTTP/1.1"), 0);
  EXPECT_EQ(refused_line("G(T / HTTP/1.1"), 400);
  EXPECT_EQ(refused_line("G\xc3\x89T / HTTP/1.1"), 400);
}

TEST(Gate, Rfc9112Section2Point3OnlyVersions10And11AreSpoken) {
  EXPECT_EQ(refused_line("GET / HTTP/1.0"), 0);
  for (const char* line : {"GET / HTTP/1.2", "GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/9.9"}) {
    EXPECT_EQ(refused_line(line), 505) << line;
  }
  for (const char* line : {"GET / http/1.1", "GET / HTTP/1", "GET / HTTP/11", "GET / HTTP/1.10", "GET / HTTP/a.b",
                           "GET / HTTPS/1.1", "GET / FTP/1.1"}) {
    EXPECT_EQ(refused_line(line), 400) << line;
  }
  EXPECT_EQ(refused("PRI * HTTP/2.0\r\n\r\n"), 505) << "the preface of HTTP/2";
}

TEST(Gate, Rfc9112Section3Point2TheTargetIsPrintableAscii) {
  EXPECT_EQ(refused_line("GET /a%20b?c=[d]|{e}\"\\^` HTTP/1.1"), 0);
  for (const char* line : {"GET /\xc3\xa9 HTTP/1.1", "GET /a\tb HTTP/1.1", "GET /a#b HTTP/1.1"}) {
    EXPECT_EQ(refused_line(line), 400) << line;
  }
}

TEST(Gate, Rfc9112Section3Point2TheTargetIsInOriginFormOrAbsoluteForm) {
  for (const char* line : {"GET a HTTP/1.1", "GET ?a HTTP/1.1", "GET a.example/ HTTP/1.1", "GET * HTTP/1.1",
                           "GET ftp://a.example/ HTTP/1.1", "GET http:/a.example/ HTTP/1.1", "GET http:/// HTTP/1.1"}) {
    EXPECT_EQ(refused_line(line), 400) << line;
  }
  EXPECT_EQ(refused_line("CONNECT a.example:443 HTTP/1.1"), 501);
  EXPECT_EQ(refused_line("OPTIONS * HTTP/1.1"), 501);
}

TEST(Gate, SplitsThePathFromTheQuery) {
  const std::string block = "GET /a/b?c?d HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto passed = std::get<Passed>(inspect(block));
  EXPECT_EQ(passed.line.path, "/a/b");
  EXPECT_EQ(passed.line.query, "c?d");
}

TEST(Gate, Rfc9112Section3Point2Point2AnAbsoluteFormsAuthorityIsEqualToHost) {
  EXPECT_EQ(refused_host("a.example", "http://a.example/x"), 0);
  EXPECT_EQ(refused_host("A.example:80", "HTTPS://a.Example:80"), 0);
  for (const char* target :
       {"http://b.example/", "http://a.example:80/", "http://u@a.example/", "http://a.example@b/"}) {
    EXPECT_EQ(refused_host("a.example", target), 400) << target;
  }
}

TEST(Gate, AnAbsoluteFormsPathIsWhatFollowsTheAuthority) {
  const std::string bare = "GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto passed = std::get<Passed>(inspect(bare));
  EXPECT_EQ(passed.line.path, "/");
  EXPECT_EQ(passed.line.query, "b");
}

TEST(Gate, Rfc9112Section5Point2NoLineIsFolded) {
  EXPECT_EQ(refused_with("A: b\r\n c\r\n"), 400);
  EXPECT_EQ(refused_with("A: b\r\n\tc\r\n"), 400);
}

TEST(Gate, Rfc9112Section2Point2NoWhiteSpaceStandsBeforeTheFirstHeader) {
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
}

TEST(Gate, Rfc9112Section5Point1ANameIsATokenAndItsColonFollowsAtOnce) {
  EXPECT_EQ(refused_with("X-a_1!: \r\n"), 0);
  EXPECT_EQ(refused_with("A:b:c\r\n"), 0);
  for (const char* line : {"A : b\r\n", "A\t: b\r\n", ": b\r\n", "A b\r\n", "A(: b\r\n", "\xc3\xa9: b\r\n"}) {
    EXPECT_EQ(refused_with(line), 400) << line;
  }
}

TEST(Gate, Rfc9112Section3Point2HostStandsExactlyOnce) {
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.0\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n"), 400);
}

TEST(Gate, Rfc9110Section7Point2HostIsAHostAndPerhapsAPort) {
  for (const char* host :
       {"a.example", "A-1.example:8000", "127.0.0.1:80", "[::1]", "[::1]:80", "a_b", "a%20b", "a:"}) {
    EXPECT_EQ(refused_host(host), 0) << host;
  }
  for (const char* host :
       {"", "a b", "a/b", "a?b", "u@a", "a:x", "a:1:2", "[::1", "[::z]", "::1", "a,b", ":80", "a%2"}) {
    EXPECT_EQ(refused_host(host), std::string(host) == "a,b" ? 0 : 400) << host;  // a comma is a sub-delim
  }
}

TEST(Gate, Rfc9110Section8Point6AContentLengthIsOneRunOfDigits) {
  EXPECT_EQ(framing_with("Content-Length:  17\t\r\n").content_length, 17U);
  EXPECT_EQ(framing_with("Content-Length: 007\r\n").content_length, 7U);
  EXPECT_EQ(framing_with("Content-Length: 17\r\n").body, BodyFraming::length);
  for (const char* value : {"", "5, 5", "5,5", "+5", "-5", "5 5", "0x5", "5.0", "5a", "\"5\""}) {
    EXPECT_EQ(refused_with("Content-Length: " + std::string(value) + "\r\n"), 400) << value;
  }
}

TEST(Gate, Rfc9112Section6Point3ContentLengthStandsAtMostOnce) {
  EXPECT_EQ(refused_with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(refused_with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400);
}

TEST(Gate, AContentLengthBeyond64BitsIsTheirMaximum) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(framing_with("Content-Length: 18446744073709551614\r\n").content_length, most - 1);
  EXPECT_EQ(framing_with("Content-Length: 18446744073709551615\r\n").content_length, most);
  EXPECT_EQ(framing_with("Content-Length: 18446744073709551616\r\n").content_length, most);
  EXPECT_EQ(framing_with("Content-Length: 99999999999999999999999999999999\r\n").content_length, most);
}

TEST(Gate, WithoutALengthOrALengthOf0ThereIsNoBody) {
  EXPECT_EQ(framing_with("").body, BodyFraming::none);
  EXPECT_EQ(framing_with("Content-Length: 0\r\n").body, BodyFraming::none);
}

TEST(Gate, Rfc9112Section6Point1TheOnlyTransferEncodingIsChunked) {
  EXPECT_EQ(framing_with("Transfer-Encoding: chunked\r\n").body, BodyFraming::chunked);
  EXPECT_EQ(framing_with("transfer-encoding:\tChunked \r\n").body, BodyFraming::chunked);
  for (const char* value : {"gzip, chunked", "x;q=1, chunked"}) {
    EXPECT_EQ(refused_with("Transfer-Encoding: " + std::string(value) + "\r\n"), 501) << value;
  }
  // Section 6.3: where chunked is not the last, the answer must be 400.
  for (const char* value :
       {"gzip", "xchunked", "identity", "chunked, gzip", "chunkedx", "x;q=1", "gzip, chunked;q=1"}) {
    EXPECT_EQ(refused_with("Transfer-Encoding: " + std::string(value) + "\r\n"), 400) << value;
  }
  for (const char* value : {"", "chunked, chunked", "chunked,", ",chunked", "chunked;q=1", "\"chunked\"", "chun ked"}) {
    EXPECT_EQ(refused_with("Transfer-Encoding: " + std::string(value) + "\r\n"), 400) << value;
  }
  EXPECT_EQ(refused_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(refused_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400);
}

TEST(Gate, Rfc9112Section6Point1TransferEncodingNeverStandsBesideContentLength) {
  EXPECT_EQ(refused_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(refused_with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400);
}

TEST(Gate, Rfc9112Section6Point1Http10HasNoTransferEncoding) {
  EXPECT_EQ(refused_with("Transfer-Encoding: chunked\r\n", "HTTP/1.0"), 400);
}

TEST(Gate, Rfc9110Section10Point1Point1TheOnlyExpectationIs100Continue) {
  EXPECT_TRUE(framing_with("Expect: 100-Continue\r\nContent-Length: 1\r\n").expects_continue);
  EXPECT_TRUE(framing_with("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n").expects_continue);
  EXPECT_FALSE(framing_with("Expect: 100-continue\r\n").expects_continue) << "there is no body to go on with";
  EXPECT_FALSE(framing_with("Expect: 100-continue\r\nContent-Length: 1\r\n", "HTTP/1.0").expects_continue);
  EXPECT_EQ(refused_with("Expect: 200-ok\r\n"), 417);
  EXPECT_EQ(refused_with("Expect: 100-continue, x\r\n"), 417);
  EXPECT_EQ(refused_with("Expect: 200-ok\r\n", "HTTP/1.0"), 0);
}

TEST(Gate, Rfc9112Section9Point3WhetherTheConnectionGoesOn) {
  EXPECT_TRUE(framing_with("").keep_alive);
  EXPECT_FALSE(framing_with("Connection: close\r\n").keep_alive);
  EXPECT_FALSE(framing_with("Connection: x, Close\r\n").keep_alive);
  EXPECT_FALSE(framing_with("Connection: keep-alive\r\nConnection: close\r\n").keep_alive);
  EXPECT_FALSE(framing_with("", "HTTP/1.0").keep_alive);
  EXPECT_TRUE(framing_with("Connection: Keep-Alive\r\n", "HTTP/1.0").keep_alive);
  EXPECT_FALSE(framing_with("Connection: keep-alive, close\r\n", "HTTP/1.0").keep_alive);
}

TEST(Gate, Rfc9110Section7Point6Point1ConnectionIsAListOfTokens) {
  for (const std::string name : {"Connection: ", "Proxy-Connection: "}) {
    for (const char* list : {"", "a", ", a,,b ,", "keep-alive\t, x"})
      EXPECT_EQ(refused_with(name + list + "\r\n"), 0) << list;
    for (const char* list : {"a b", "@", "a, b;c", "\"a\"", "a\x97", "a,="}) {
      EXPECT_EQ(refused_with(name + list + "\r\n"), 400) << list;
    }
  }
  EXPECT_TRUE(framing_with("Proxy-Connection: close\r\n").keep_alive) << "it is no header of ours";
}

TEST(Gate, FindsTheRequestIdOfABlockItRefuses) {
  EXPECT_EQ(find_request_id("GET / HTTP/1.1\r\nrequest-ID: \ta.1\r\nRequest-Id: b\r\nHo"), "a.1");
  EXPECT_EQ(find_request_id("GET / HTTP/1.1\r\nX-Request-Id: a\r\n\r\n"), "");
  EXPECT_EQ(find_request_id(""), "");
}

}  // namespace
}  // namespace parley::http
