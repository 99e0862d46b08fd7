#include "http/router.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "async/run_to_end.h"

namespace parley::http {
namespace {

async::Task<Response> named(std::string name) {
  co_return Response{.status = 200, .content_type = "text/plain", .headers = {}, .body = std::move(name)};
}

Route route(Method method, std::string path, std::string name) {
  return {.method = method, .path = std::move(path), .handler = [name](const Request&) { return named(name); }};
}

Response plain(int status) {
  return {.status = status, .content_type = "text/plain", .headers = {}, .body = ""};
}

Router router_of(std::vector<Route> routes) {
  return Router(std::move(routes), {.not_found = [](const Request&) { return plain(404); },
                                    .method_not_allowed = [](const Request&) { return plain(405); }});
}

Response answer(const Router& router, Method method, std::string path) {
  Request request;
  request.method = method;
  request.path = std::move(path);
  return async::run_to_end(router(request));
}

TEST(Router, FindsTheHandlerByPathAndMethod) {
  const Router router = router_of({route(Method::get, "/a/", "get a"), route(Method::post, "/a/", "post a"),
                                   route(Method::get, "/b", "get b"), route(Method::get, "/", "root")});
  EXPECT_EQ(answer(router, Method::get, "/a/").body, "get a");
  EXPECT_EQ(answer(router, Method::post, "/a/").body, "post a");
  EXPECT_EQ(answer(router, Method::get, "/b").body, "get b");
  EXPECT_EQ(answer(router, Method::get, "/").body, "root");
}

TEST(Router, AnswersTheSameWithAndWithoutTheTrailingSlash) {
  const Router router = router_of({route(Method::get, "/a/", "a"), route(Method::get, "/b", "b")});
  EXPECT_EQ(answer(router, Method::get, "/a").body, "a");
  EXPECT_EQ(answer(router, Method::get, "/b/").body, "b");
  EXPECT_EQ(answer(router, Method::post, "/a").status, 405);
}

TEST(Router, SaysWhichRouteAnswersWithoutWhatStandsInItsBraces) {
  const Router router = router_of({route(Method::get, "/a/", "a"), route(Method::get, "/keys/{id}/", "key")});
  EXPECT_EQ(router.route_of("/a"), "/a/");
  EXPECT_EQ(router.route_of("/keys/sk-secret/"), "/keys/{id}/");
  EXPECT_EQ(router.route_of("/sk-secret"), "");
}

TEST(Router, AnswersHeadWithTheHandlerOfGet) {
  const Router router = router_of({route(Method::get, "/a", "a"), route(Method::post, "/b", "b")});
  EXPECT_EQ(answer(router, Method::head, "/a").body, "a");
  EXPECT_EQ(answer(router, Method::head, "/b").status, 405);
}

TEST(Router, MatchesAPatternByWhatStandsInItsBraces) {
  const Router router = router_of({route(Method::delete_, "/keys/{id}/", "one"), route(Method::get, "/keys/", "all"),
                                   route(Method::get, "/keys/{id}/", "get one"), route(Method::get, "/keys/me", "me")});
  EXPECT_EQ(answer(router, Method::delete_, "/keys/7/").body, "one");
  EXPECT_EQ(answer(router, Method::get, "/keys/7").body, "get one");
  EXPECT_EQ(answer(router, Method::get, "/keys/").body, "all");
  EXPECT_EQ(answer(router, Method::get, "/keys/me/").body, "me");
  EXPECT_EQ(answer(router, Method::post, "/keys/7").headers.at(0).second, "GET, HEAD, DELETE");
}

TEST(Router, DecodesTheParameterOfAPattern) {
  EXPECT_EQ(path_parameter("/models/gpt-4", "/models/{id}"), "gpt-4");
  EXPECT_EQ(path_parameter("/models/org/name/", "/models/{id}"), "org/name");
  EXPECT_EQ(path_parameter("/models/org%2Fna+me%20x", "/models/{id}"), "org/na+me x");
  EXPECT_EQ(path_parameter("/models/%2", "/models/{id}"), std::nullopt);
  EXPECT_EQ(path_parameter("/models/%ff", "/models/{id}"), std::nullopt);
  EXPECT_EQ(path_parameter("/models/%00", "/models/{id}"), std::nullopt);
}

TEST(Router, HasNothingForOtherPaths) {
  const Router router = router_of({route(Method::get, "/a/", "a")});
  for (const char* path : {"/", "/a//", "//a", "/A", "/a/b", "/%61", "/a/.", "", "*"}) {
    EXPECT_EQ(answer(router, Method::get, path).status, 404) << path;
  }
}

TEST(Router, ListsThePathsMethodsInAllow) {
  const Router router =
      router_of({route(Method::post, "/a/", "a"), route(Method::get, "/a/", "a"), route(Method::post, "/b/", "b")});
  const Response refused = answer(router, Method::delete_, "/a");
  EXPECT_EQ(refused.status, 405);
  ASSERT_EQ(refused.headers.size(), 1U);
  EXPECT_EQ(refused.headers[0].first, "Allow");
  EXPECT_EQ(refused.headers[0].second, "GET, HEAD, POST");
  EXPECT_EQ(answer(router, Method::other, "/b/").headers.at(0).second, "POST");
}

TEST(Router, RefusesTwoRoutesForOnePathAndMethod) {
  EXPECT_THROW(router_of({route(Method::get, "/a", "1"), route(Method::get, "/a/", "2")}), std::logic_error);
  EXPECT_THROW(router_of({route(Method::other, "/a", "1")}), std::logic_error);
  EXPECT_THROW(router_of({route(Method::get, "a", "1")}), std::logic_error);
}

}  // namespace
}  // namespace parley::http
