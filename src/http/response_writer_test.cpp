#include "http/response_writer.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "http/http_date.h"

namespace parley::http {
namespace {

constexpr ResponseFrame frame{
    .date = "Sun, 06 Nov 1994 08:49:37 GMT", .request_id = "r1", .close = false, .tell_keep_alive = false};

std::string head_of(const Response& response, const ResponseFrame& with = frame) {
  std::string out;
  append_head(out, response, with);
  return out;
}

TEST(ResponseWriter, WritesStatusLineAndHeaders) {
  Response response{.status = 201, .content_type = "text/plain", .headers = {}, .body = "hello"};
  response.headers.emplace_back("Parley-Balance", "3900");
  EXPECT_EQ(head_of(response),
            "HTTP/1.1 201 Created\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain\r\n"
            "Content-Length: 5\r\n"
            "Parley-Balance: 3900\r\n"
            "Cache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Request-Id: r1\r\n"
            "\r\n");
}

TEST(ResponseWriter, KeepsTheHandlersCacheControl) {
  Response response;
  response.headers.emplace_back("cache-control", "max-age=60");
  const std::string head = head_of(response);
  EXPECT_NE(head.find("cache-control: max-age=60\r\n"), std::string::npos);
  EXPECT_EQ(head.find("no-store"), std::string::npos);
}

TEST(ResponseWriter, SaysHowTheConnectionGoesOnOnlyWhereItMatters) {
  EXPECT_EQ(head_of({}).find("Connection"), std::string::npos);
  ResponseFrame ending = frame;
  ending.close = true;
  ending.tell_keep_alive = true;
  EXPECT_NE(head_of({}, ending).find("\r\nConnection: close\r\n"), std::string::npos);
  ending.close = false;
  EXPECT_NE(head_of({}, ending).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
}

TEST(ResponseWriter, GivesNoLengthToAResponseWithoutContent) {
  const std::string head = head_of({.status = 204, .content_type = "application/json", .headers = {}, .body = ""});
  EXPECT_EQ(head.find("Content-"), head.find("Content-Type-Options")) << head;
  EXPECT_FALSE(has_content(204));
  EXPECT_FALSE(has_content(304));
  EXPECT_TRUE(has_content(200));
}

TEST(ResponseWriter, NeverLetsAHandlerSplitAResponse) {
  for (const char* value : {"a\r\nSet-Cookie: b", "a\nb", "a\rb"}) {
    Response response;
    response.headers.emplace_back("X-A", value);
    std::string out = "before";
    EXPECT_THROW(append_head(out, response, frame), std::logic_error);
    EXPECT_EQ(out, "before");
  }
  Response response;
  response.content_type = "a\r\nb";
  EXPECT_THROW(head_of(response), std::logic_error);
}

TEST(ResponseWriter, RefusesAStatusThatIsNotFinal) {
  for (const int status : {0, 100, 199, 1000, -1}) {
    EXPECT_THROW(head_of({.status = status, .content_type = "", .headers = {}, .body = ""}), std::logic_error);
  }
}

TEST(ResponseWriter, ReasonsAreThoseOfTheRegistry) {
  EXPECT_EQ(reason_of(402), "Payment Required");
  EXPECT_EQ(reason_of(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_of(799), "");
}

TEST(HttpDate, IsTheFixedFormOfRfc9110) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace parley::http
