#pragma once
// The HTTP/1.1 server: listens, and serves each connection on one of the event loops that it is given.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.h"
#include "base/error.h"
#include "http/handler.h"
#include "http/limits.h"

namespace parley::http {

class Listener;
class ServerLoop;
struct Service;

/// Order at the end: stop_accepting(), wait_until_idle(), stop the loops, destroy this. The loops outlive it; where
/// they still run when it is destroyed, connections end with their current request, so what the handler refers to lives
/// on too.
class Server {
 public:
  /// The first of `loops` accepts; all of them serve.
  Server(const std::vector<async::Loop*>& loops, Limits limits, Handler handler, ErrorResponse error_response);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// `address` is an IPv4 or IPv6 address, or "localhost", which is 127.0.0.1; port 0 takes a free one. `invalid_input`
  /// where it is no address, `conflict` where it is in use, `forbidden` where it is not allowed; the message names
  /// address, port and reason.
  base::Result<void> listen_tcp(const std::string& address, std::uint16_t port);

  /// The socket's file has mode 0600 from its first moment, and replaces one that no server listens on any more; it
  /// stays when the server ends. `conflict` where one does, or the path is a file of another kind.
  base::Result<void> listen_unix(const std::string& path);

  /// The one listened on, last of several; 0 before listen_tcp() has succeeded.
  std::uint16_t port() const noexcept { return port_; }

  /// From any thread: closes the listeners and idle connections; the others end with their current request.
  void stop_accepting();

  /// From a thread that runs no loop: whether all connections ended within `patience`.
  bool wait_until_idle(std::chrono::milliseconds patience) const;

  /// From any thread: connections that are open.
  std::size_t connections() const noexcept;

 private:
  std::shared_ptr<Listener> make_listener() const;
  void add(std::shared_ptr<Listener> listener);

  async::Loop& accepting_loop_;
  std::shared_ptr<Service> service_;
  std::vector<std::shared_ptr<ServerLoop>> loops_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::uint16_t port_ = 0;
};

}  // namespace parley::http
