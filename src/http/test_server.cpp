#include "http/test_server.h"

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <thread>

namespace parley::http {
namespace {

Response refusal(int status, std::string_view sentence, std::string_view /*path*/) {
  return {.status = status, .content_type = "text/plain", .headers = {}, .body = std::string(sentence)};
}

std::string described(const Request& request) {
  return request.method_text + "\n" + request.path + "\n" + request.query + "\n" + request.peer_address + "\n" +
         request.body;
}

}  // namespace

void await(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("what was awaited did not come");
    std::this_thread::yield();
  }
}

Limits patient_limits() {
  using std::chrono::minutes;
  Limits limits;
  limits.header_deadline = limits.body_deadline = limits.idle_deadline = limits.write_stall = minutes(10);
  limits.linger_deadline = minutes(10);
  limits.tick = std::chrono::milliseconds(5);
  return limits;
}

TestServer::TestServer(Limits limits)
    : server_({&first_, &second_}, limits, [this](const Request& request) { return answer(request); }, &refusal) {
  if (const auto listening = server_.listen_tcp("127.0.0.1", 0); listening.has_error()) {
    throw std::runtime_error(listening.error().message);
  }
}

TestServer::~TestServer() {
  first_.stop();
  second_.stop();
}

async::Task<Response> TestServer::answer(const Request& request) {
  if (request.path == "/throw") throw std::runtime_error("on purpose");
  Response response{.status = 200, .content_type = "text/plain", .headers = {}, .body = described(request)};
  if (request.path == "/split") response.headers.emplace_back("X-A", "a\r\nX-B: b");
  if (request.path == "/large") response.body = std::string(std::stoul(request.query), 'x');
  if (request.path == "/no-content") response.status = 204;
  if (request.path == "/wait") {
    ++waiting;
    while (!release) co_await async::asio::post(co_await async::asio::this_coro::executor, async::use_task);
    --waiting;
  }
  ++answered;
  co_return response;
}

void TestServer::await_waiting(int count) const {
  await([&] { return waiting == count; });
}

void TestServer::await_connections(std::size_t count) const {
  await([&] { return server_.connections() == count; });
}

void TestServer::await_loops() {
  std::atomic<int> done = 0;
  for (async::Loop* loop : {&first_, &second_}) async::asio::post(loop->context(), [&] { ++done; });
  while (done < 2) std::this_thread::yield();
}

}  // namespace parley::http
