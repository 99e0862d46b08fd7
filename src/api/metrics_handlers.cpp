#include "api/metrics_handlers.h"

#include "api/answers.h"
#include "api/credential.h"
#include "api/peer.h"

namespace parley::api {

async::Task<http::Response> MetricsHandlers::metrics(const http::Request& request) {
  if (!may_read(request)) {
    http::Response refused = detail(401, "Authentication credentials were not provided.");
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    co_return refused;
  }
  http::Response page = answer(200, metrics_.text());
  page.content_type = base::metrics_content_type;
  co_return page;
}

bool MetricsHandlers::may_read(const http::Request& request) const {
  if (is_local(request)) return true;
  const auto presented = header_credential(request);
  return is_token_ && presented && is_token_(*presented);
}

}  // namespace parley::api
