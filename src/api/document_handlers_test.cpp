#include "api/document_handlers.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "api/documents.h"
#include "async/run_to_end.h"
#include "json/parse.h"

namespace parley::api {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string header_of(const http::Response& response, std::string_view name) {
  const auto found = std::ranges::find(response.headers, name, [](const auto& header) { return header.first; });
  return found == response.headers.end() ? "" : found->second;
}

class Documents : public testing::Test {
 protected:
  http::Response document() { return async::run_to_end(handlers_.document({})); }
  http::Response page() { return async::run_to_end(handlers_.page({})); }

 private:
  DocumentHandlers handlers_{"1.2.3"};
};

TEST_F(Documents, TellTheVersionOfTheProgram) {
  const http::Response response = document();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  auto served = json::parse(response.body).value();
  EXPECT_EQ(served.root.at("info").at("version"), "1.2.3");
  EXPECT_THAT(page().body, HasSubstr(R"("version":"1.2.3")"));
}

TEST_F(Documents, AreOtherwiseWhatIsCompiledIn) {
  auto served = json::parse(document().body).value();
  auto compiled_in = json::parse(openapi_document).value();
  served.root.at("info").as_object().erase("version");
  compiled_in.root.at("info").as_object().erase("version");
  EXPECT_EQ(served.root, compiled_in.root);
}

TEST_F(Documents, MayBeKeptForSomeMinutes) {
  EXPECT_EQ(header_of(document(), "Cache-Control"), "public, max-age=300");
  EXPECT_EQ(header_of(page(), "Cache-Control"), "public, max-age=300");
}

TEST_F(Documents, HaveAPageWhoseEveryPlaceIsFilled) {
  const http::Response response = page();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(response.body, StartsWith("<!DOCTYPE html>\n"));
  EXPECT_THAT(response.body, Not(HasSubstr(std::string(document_mark))));
  EXPECT_THAT(response.body, Not(HasSubstr("@page_")));
}

TEST_F(Documents, CannotEndTheScriptElementThatTheyStandIn) {
  const std::string body = page().body;
  const std::string begin = R"(<script type="application/json" id="document">)";
  const std::size_t document_at = body.find(begin) + begin.size();
  const std::string_view document = std::string_view(body).substr(document_at, body.find("</script>") - document_at);
  EXPECT_TRUE(json::parse(document).has_value());
  EXPECT_THAT(std::string(document), Not(HasSubstr("<")));
}

TEST_F(Documents, LetThePageRunNothingButItsOwn) {
  const std::string policy = header_of(page(), "Content-Security-Policy");
  EXPECT_THAT(policy, StartsWith("default-src 'none'; style-src 'sha256-"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

}  // namespace
}  // namespace parley::api
