#include "http/server_loop.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <utility>

#include "http/spawn.h"

namespace parley::http {

namespace asio = async::asio;

namespace {

// The scan refuses a block before it is longer than its limit by a byte; the empty line before it may come on top.
constexpr std::size_t beyond_block_bytes = 4;

async::Task<> serve_connection(std::shared_ptr<ServerLoop> loop, Socket socket, std::string peer_address,
                               ConnectionSlot slot) {
  Connection connection(*loop, std::move(socket), std::move(peer_address));
  loop->enrol(connection);
  if (slot.number() > loop->limits().connections_max) {
    co_await connection.turn_away();
  } else {
    co_await connection.run();
  }
}

}  // namespace

ServerLoop::ServerLoop(async::Loop& loop, std::shared_ptr<Service> service)
    : context_(loop.context()),
      service_(std::move(service)),
      buffers_(limits().header_block_bytes_max + beyond_block_bytes, limits().warm_buffers_per_loop) {
  date_.update(std::time(nullptr));
}

void ServerLoop::start() {
  spawn_logged(context_.get_executor(), tick_until_end(shared_from_this()), "tick_threw");
}

void ServerLoop::stop() {
  asio::post(context_, [self = shared_from_this()] {
    self->stopping_ = true;
    for (Connection& connection : self->connections_) connection.stop();
  });
}

void ServerLoop::end() {
  stop();
  asio::post(context_, [self = shared_from_this()] { self->ending_ = true; });
}

void ServerLoop::adopt(Socket socket, std::string peer_address, ConnectionSlot slot) {
  spawn_logged(context_.get_executor(),
               serve_connection(shared_from_this(), std::move(socket), std::move(peer_address), std::move(slot)),
               "connection_threw");
}

async::Task<> ServerLoop::tick_until_end(std::shared_ptr<ServerLoop> self) {
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, async::Executor>
      timer(self->context_);
  while (!self->ending_ || !self->connections_.empty()) {
    timer.expires_after(self->limits().tick);
    co_await timer.async_wait(asio::as_tuple(async::use_task));
    self->tick();
  }
}

void ServerLoop::tick() {
  now_ = base::SteadyTime::clock::now();
  date_.update(std::time(nullptr));
  for (Connection& connection : connections_) connection.tick();
}

}  // namespace parley::http
