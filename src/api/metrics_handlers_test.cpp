#include "api/metrics_handlers.h"

#include <gtest/gtest.h>

#include "async/run_to_end.h"

namespace parley::api {
namespace {

class MetricsPage : public testing::Test {
 protected:
  MetricsPage() { metrics_.counter("parley_done_total", "What was done.").add(7); }

  http::Response get(std::string peer, std::vector<http::Header> headers, MetricsTokenCheck is_token) {
    MetricsHandlers handlers(metrics_, std::move(is_token));
    http::Request request;
    request.peer_address = std::move(peer);
    request.headers = std::move(headers);
    return async::run_to_end(handlers.metrics(request));
  }
  static bool is_secret(std::string_view presented) { return presented == "secret"; }

 private:
  base::Metrics metrics_;
};

TEST_F(MetricsPage, GoesToALocalClient) {
  const http::Response page = get("127.0.0.1", {}, nullptr);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(page.body.find("\nparley_done_total 7\n"), std::string::npos);
  EXPECT_EQ(get("::1", {{"Authorization", "Bearer wrong"}}, &is_secret).status, 200);
}

TEST_F(MetricsPage, GoesToWhoHasTheToken) {
  EXPECT_EQ(get("192.0.2.7", {{"Authorization", "Bearer secret"}}, &is_secret).status, 200);
  EXPECT_EQ(get("127.0.0.1", {{"X-Forwarded-For", "192.0.2.7"}, {"authorization", "bearer secret"}}, &is_secret).status,
            200);
}

TEST_F(MetricsPage, GoesToNobodyElse) {
  const std::vector<std::vector<http::Header>> credentials = {{},
                                                              {{"Authorization", ""}},
                                                              {{"Authorization", "Bearer"}},
                                                              {{"Authorization", "Bearer "}},
                                                              {{"Authorization", "Bearer Secret"}},
                                                              {{"Authorization", "Basic secret"}},
                                                              {{"Authorization", "secret"}}};
  for (const auto& headers : credentials) {
    const http::Response refused = get("192.0.2.7", headers, &is_secret);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.body, R"({"detail":"Authentication credentials were not provided."})");
    ASSERT_EQ(refused.headers.size(), 1U);
    EXPECT_EQ(refused.headers.front().first, "WWW-Authenticate");
    EXPECT_EQ(refused.headers.front().second, "Bearer");
  }
  EXPECT_EQ(get("192.0.2.7", {{"Authorization", "Bearer secret"}}, nullptr).status, 401);
  EXPECT_EQ(get("127.0.0.1", {{"X-Forwarded-For", "127.0.0.1"}}, nullptr).status, 401);
}

}  // namespace
}  // namespace parley::api
