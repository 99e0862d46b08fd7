#include "http/server.h"

#include <stdexcept>
#include <thread>
#include <utility>

#include "http/listener.h"
#include "http/server_loop.h"
#include "http/service.h"

namespace parley::http {
namespace {

async::Loop& first_of(const std::vector<async::Loop*>& loops) {
  if (loops.empty()) throw std::logic_error("a server needs an event loop");
  return *loops.front();
}

}  // namespace

Server::Server(const std::vector<async::Loop*>& loops, Limits limits, Handler handler, ErrorResponse error_response)
    : accepting_loop_(first_of(loops)),
      service_(std::make_shared<Service>(limits, std::move(handler), std::move(error_response))) {
  for (async::Loop* loop : loops) {
    loops_.push_back(std::make_shared<ServerLoop>(*loop, service_));
    loops_.back()->start();
  }
}

Server::~Server() {
  for (const auto& listener : listeners_) listener->close();
  for (const auto& loop : loops_) loop->end();
}

base::Result<void> Server::listen_tcp(const std::string& address, std::uint16_t port) {
  auto listener = make_listener();
  TRY_VOID(listener->open_tcp(address, port));
  port_ = listener->port();
  add(std::move(listener));
  return {};
}

base::Result<void> Server::listen_unix(const std::string& path) {
  auto listener = make_listener();
  TRY_VOID(listener->open_unix(path));
  add(std::move(listener));
  return {};
}

void Server::stop_accepting() {
  for (const auto& listener : listeners_) listener->close();
  for (const auto& loop : loops_) loop->stop();
}

bool Server::wait_until_idle(std::chrono::milliseconds patience) const {
  constexpr std::chrono::milliseconds between_looks{2};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (connections() > 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(between_looks);
  }
  return true;
}

std::size_t Server::connections() const noexcept {
  return service_->connections;
}

std::shared_ptr<Listener> Server::make_listener() const {
  return std::make_shared<Listener>(accepting_loop_, loops_, service_);
}

void Server::add(std::shared_ptr<Listener> listener) {
  listener->start();
  listeners_.push_back(std::move(listener));
}

}  // namespace parley::http
