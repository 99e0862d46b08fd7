#pragma once
// GET /openapi.json and GET /docs: what this server answers to, for programs and for people.

#include <string>
#include <string_view>

#include "async/task.h"
#include "http/message.h"

namespace parley::api {

/// Safe to use from any loop.
class DocumentHandlers {
 public:
  /// `version` is the program's.
  explicit DocumentHandlers(std::string_view version);

  /// 200 with the OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0).
  async::Task<http::Response> document(const http::Request& request);
  /// 200 with a page that shows it and needs nothing else.
  async::Task<http::Response> page(const http::Request& request);

 private:
  std::string document_;
  std::string page_;
};

}  // namespace parley::api
