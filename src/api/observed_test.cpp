#include "api/observed.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "api/answers.h"
#include "async/run_to_end.h"

namespace parley::api {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Answers with the status that the query names.
async::Task<http::Response> answer_as_asked(const http::Request& request) {
  if (request.query == "throw") throw std::runtime_error("a bug");
  co_return answer(std::stoi(request.query), "{}");
}

class ObservedRoutes : public testing::Test {
 protected:
  ObservedRoutes()
      : router_(observed(metrics_, {{http::Method::get, "/api/things/", &answer_as_asked},
                                    {http::Method::post, "/api/things/", &answer_as_asked}}),
                {.not_found = &not_found, .method_not_allowed = &method_not_allowed}) {}

  http::Response ask(http::Method method, std::string path, std::string query) {
    http::Request request;
    request.method = method;
    request.path = std::move(path);
    request.query = std::move(query);
    return async::run_to_end(router_(request));
  }
  std::string page() const { return metrics_.text(); }
  static std::string line(const char* method, const char* status, int count) {
    return "\nparley_http_requests_total{method=\"" + std::string(method) + "\",route=\"/api/things/\",status=\"" +
           status + "\"} " + std::to_string(count) + "\n";
  }

 private:
  base::Metrics metrics_;
  http::Router router_;
};

TEST_F(ObservedRoutes, CountAnswersByTheirStatus) {
  EXPECT_THAT(page(), HasSubstr(line("POST", "200", 0)));
  EXPECT_EQ(ask(http::Method::post, "/api/things/", "200").body, "{}");
  ask(http::Method::post, "/api/things", "200");
  ask(http::Method::post, "/api/things/", "402");
  ask(http::Method::get, "/api/things/", "504");
  EXPECT_THAT(page(), HasSubstr(line("POST", "200", 2)));
  EXPECT_THAT(page(), HasSubstr(line("POST", "402", 1)));
  EXPECT_THAT(page(), HasSubstr(line("GET", "504", 1)));
  EXPECT_THAT(page(), HasSubstr(line("GET", "200", 0)));
}

TEST_F(ObservedRoutes, CountAStatusThatIsNotExpectedAsOther) {
  for (const char* status : {"100", "299", "418", "599"}) ask(http::Method::post, "/api/things/", status);
  EXPECT_THAT(page(), HasSubstr(line("POST", "other", 4)));
}

TEST_F(ObservedRoutes, CountWhatIsThrownAs500AndPassItOn) {
  EXPECT_THROW(ask(http::Method::post, "/api/things/", "throw"), std::runtime_error);
  EXPECT_THAT(page(), HasSubstr(line("POST", "500", 1)));
}

TEST_F(ObservedRoutes, TimeEveryAnswer) {
  ask(http::Method::get, "/api/things/", "200");
  ask(http::Method::head, "/api/things/", "200");
  const std::string labels = "{method=\"GET\",route=\"/api/things/\"";
  EXPECT_THAT(page(), HasSubstr("\nparley_http_request_seconds_count" + labels + "} 2\n"));
  EXPECT_THAT(page(), HasSubstr("\nparley_http_request_seconds_bucket" + labels + ",le=\"60\"} 2\n"));
}

TEST_F(ObservedRoutes, MakeNoSeriesOfWhatIsSent) {
  const std::string before = page();
  ask(http::Method::get, "/api/secret-path/", "200");
  ask(http::Method::put, "/api/things/", "200");
  EXPECT_EQ(page(), before);
}

}  // namespace
}  // namespace parley::api
