#include "api/document_handlers.h"

#include <boost/json/serialize.hpp>

#include "api/answers.h"
#include "api/documents.h"
#include "json/parse.h"

namespace parley::api {
namespace {

/// They change with the program only; a reader of a new one shall not wait long.
constexpr std::string_view cached_for_minutes = "public, max-age=300";

std::string document_of(std::string_view version) {
  auto document = json::parse(openapi_document).value();
  document.root.at("info").as_object()["version"] = version;
  return boost::json::serialize(document.root);
}

/// The JSON so that no text in it can end the script element that it stands in.
std::string within_script(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

std::string page_with(std::string_view document) {
  std::string page(docs_page);
  page.replace(page.find(document_mark), document_mark.size(), within_script(document));
  return page;
}

}  // namespace

DocumentHandlers::DocumentHandlers(std::string_view version)
    : document_(document_of(version)), page_(page_with(document_)) {}

async::Task<http::Response> DocumentHandlers::document(const http::Request& /*request*/) {
  http::Response response = answer(200, document_);
  response.headers.emplace_back("Cache-Control", cached_for_minutes);
  co_return response;
}

async::Task<http::Response> DocumentHandlers::page(const http::Request& /*request*/) {
  http::Response response = answer(200, page_);
  response.content_type = "text/html; charset=utf-8";
  response.headers.emplace_back("Cache-Control", cached_for_minutes);
  response.headers.emplace_back("Content-Security-Policy", docs_page_policy);
  co_return response;
}

}  // namespace parley::api
