#include "api/health_handlers.h"

#include "api/answers.h"

namespace parley::api {
namespace {

http::Response not_ready(std::string_view why) {
  http::Response response = detail(503, why);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

async::Task<http::Response> HealthHandlers::healthz(const http::Request& /*request*/) {
  co_return answer(200, R"({"status":"ok"})");
}

async::Task<http::Response> HealthHandlers::readyz(const http::Request& /*request*/) {
  if (draining_) co_return not_ready("The server is stopping.");
  if (!store_.writable()) co_return not_ready("The store cannot commit.");
  co_return answer(200, R"({"status":"ready"})");
}

}  // namespace parley::api
