#pragma once
// Listens on one address and hands what it accepts to the loops in turn.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.h"
#include "base/error.h"
#include "http/server_loop.h"
#include "http/service.h"
#include "http/socket.h"

namespace parley::http {

/// One acceptor on one loop, rather than one per loop with SO_REUSEPORT: with that, a second server on the same port
/// would start without an error and take half of the connections.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(async::Loop& home, std::vector<std::shared_ptr<ServerLoop>> loops, std::shared_ptr<Service> service);

  /// `address` is an IPv4 or IPv6 address, or "localhost", which is 127.0.0.1; port 0 takes a free one. `invalid_input`
  /// where it is no address, `conflict` where it is in use, `forbidden` where it is not allowed; the message names
  /// address, port and reason.
  base::Result<void> open_tcp(const std::string& address, std::uint16_t port);
  /// The socket's file has mode 0600 from its first moment, and replaces one that no server listens on any more. Errors
  /// as above; `conflict` also where the path is a file of another kind.
  base::Result<void> open_unix(const std::string& path);

  /// From any thread, once open: begins to accept.
  void start();
  /// From any thread.
  void close();

  /// Of a TCP listener; else 0.
  std::uint16_t port() const noexcept { return port_; }

 private:
  using Endpoint = async::asio::generic::stream_protocol::endpoint;

  base::Result<void> open(const Endpoint& endpoint, const std::string& name);
  static async::Task<> accept_until_closed(std::shared_ptr<Listener> self);
  /// Accepts what is waiting. False where the process or the system is out of something.
  bool accept_waiting();
  void hand_over(Socket socket, const Endpoint& peer);

  Acceptor acceptor_;
  std::vector<std::shared_ptr<ServerLoop>> loops_;
  std::shared_ptr<Service> service_;
  std::size_t next_loop_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace parley::http
