// What a connection holds on to between requests.

#include "http/server_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <future>
#include <string_view>

#include "http/test_server.h"

namespace parley::http {
namespace {

async::Task<Response> empty(const Request& /*request*/) {
  co_return Response{};
}

Response refusal(int status, std::string_view /*sentence*/, std::string_view /*path*/) {
  return {.status = status, .content_type = "", .headers = {}, .body = ""};
}

/// One connection, over a pair of sockets.
class OneConnection {
 public:
  explicit OneConnection(const Limits& limits) : service_(std::make_shared<Service>(limits, &empty, &refusal)) {
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) != 0) throw std::runtime_error("no sockets");
    client_ = pair[0];
    server_loop_ = std::make_shared<ServerLoop>(loop_, service_);
    server_loop_->start();
    server_loop_->adopt(Socket(loop_.context(), {AF_UNIX, 0}, pair[1]), "test", ConnectionSlot(service_));
  }
  ~OneConnection() {
    loop_.stop();
    close(client_);
  }

  void ask() const {
    constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    std::array<char, 4096> response{};
    ASSERT_EQ(write(client_, get.data(), get.size()), static_cast<ssize_t>(get.size()));
    ASSERT_GT(read(client_, response.data(), response.size()), 0);
  }

  std::size_t buffers_lent() {
    std::promise<std::size_t> lent;
    async::asio::post(loop_.context(), [&] { lent.set_value(server_loop_->buffers().lent()); });
    return lent.get_future().get();
  }

 private:
  async::Loop loop_{"loop"};
  std::shared_ptr<Service> service_;
  std::shared_ptr<ServerLoop> server_loop_;
  int client_ = -1;
};

TEST(ServerLoop, AWarmConnectionKeepsItsBufferUntilItCools) {
  Limits limits = patient_limits();
  limits.tick = std::chrono::minutes(10);
  OneConnection warm(limits);
  warm.ask();
  EXPECT_EQ(warm.buffers_lent(), 1U);

  limits.tick = std::chrono::milliseconds(1);
  OneConnection cooling(limits);
  for (int i = 0; i < 5; ++i) {
    cooling.ask();
    await([&] { return cooling.buffers_lent() == 0; });
  }
}

TEST(ServerLoop, NoConnectionIsWarmWhereNoBufferIsLeftForIt) {
  Limits limits = patient_limits();
  limits.warm_buffers_per_loop = 0;
  OneConnection cold(limits);
  for (int i = 0; i < 5; ++i) {
    cold.ask();
    EXPECT_EQ(cold.buffers_lent(), 0U);
  }
}

}  // namespace
}  // namespace parley::http
