#pragma once
// One event loop's part of a server: its connections, and what they share without locks. All of it happens on that
// loop's thread, except where said otherwise.

#include <array>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>

#include "async/loop.h"
#include "base/clock.h"
#include "http/connection.h"
#include "http/http_date.h"
#include "http/input_buffer.h"
#include "http/request_id.h"
#include "http/service.h"
#include "http/socket.h"

namespace parley::http {

class ServerLoop : public std::enable_shared_from_this<ServerLoop> {
 public:
  ServerLoop(async::Loop& loop, std::shared_ptr<Service> service);

  async::asio::io_context& context() noexcept { return context_; }

  /// From any thread: begins to tick. What runs on the loop keeps this object alive.
  void start();
  /// From any thread: closes idle connections; the others end with their current request.
  void stop();
  /// From any thread: stops, and ends the ticks with the last connection.
  void end();

  /// From any thread: serves a connection until it ends.
  void adopt(Socket socket, std::string peer_address, ConnectionSlot slot);

  // For connections.
  void enrol(Connection& connection) { connections_.push_back(connection); }
  Service& service() noexcept { return *service_; }
  const Limits& limits() const noexcept { return service_->limits; }
  /// Up to a tick old.
  base::SteadyTime now() const noexcept { return now_; }
  /// Never early, up to two ticks late.
  base::SteadyTime deadline_after(std::chrono::milliseconds patience) const noexcept {
    return now_ + patience + limits().tick;
  }
  std::string_view date() const noexcept { return date_.text(); }
  RequestIds& request_ids() noexcept { return request_ids_; }
  BufferPool& buffers() noexcept { return buffers_; }
  bool stopping() const noexcept { return stopping_; }
  /// A string to write heads into; what it holds lasts until the next suspension.
  std::string& scratch() noexcept { return scratch_; }
  /// A place for bytes that nobody will look at; all connections read into it at once.
  async::asio::mutable_buffer discard() noexcept { return async::asio::buffer(discard_); }

 private:
  using Connections = boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

  static async::Task<> tick_until_end(std::shared_ptr<ServerLoop> self);
  void tick();

  async::asio::io_context& context_;
  std::shared_ptr<Service> service_;
  Connections connections_;
  BufferPool buffers_;
  RequestIds request_ids_;
  DateCache date_;
  base::SteadyTime now_ = base::SteadyTime::clock::now();
  bool stopping_ = false;
  bool ending_ = false;
  std::string scratch_;
  std::array<char, 4096> discard_{};
};

}  // namespace parley::http
