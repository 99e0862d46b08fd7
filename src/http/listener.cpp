#include "http/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "http/spawn.h"

namespace parley::http {

namespace asio = async::asio;

namespace {

using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;

/// How long accepting rests where the process or the system is out of something.
constexpr std::chrono::milliseconds exhaustion_rest{100};
/// Before others on the accepting loop have their turn.
constexpr int accepted_at_once_max = 64;
constexpr std::string_view unix_peer = "unix";

base::ErrorCode code_of(const boost::system::error_code& failed) {
  if (failed == boost::system::errc::address_in_use) return base::ErrorCode::conflict;
  if (failed == boost::system::errc::permission_denied) return base::ErrorCode::forbidden;
  return base::ErrorCode::invalid_input;
}

base::Error cannot_listen(base::ErrorCode code, const std::string& name, const std::string& reason) {
  return {.code = code, .message = "Cannot listen on " + name + ": " + reason + ".", .detail = reason};
}

std::string name_of(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

/// Of an IPv4 client of an IPv6 listener, the IPv4 address.
std::string text_of_peer(const asio::generic::stream_protocol::endpoint& peer) {
  if (peer.protocol().family() == AF_UNIX) return std::string(unix_peer);
  Tcp::endpoint tcp;
  if (peer.size() > tcp.capacity()) return "";
  std::memcpy(tcp.data(), peer.data(), peer.size());
  const auto address = tcp.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

bool somebody_listens(const Local::endpoint& endpoint) {
  asio::io_context context;
  Local::socket probe(context);
  boost::system::error_code failed;
  probe.connect(endpoint, failed);
  return !failed;
}

/// Removes a socket's file that was left behind.
base::Result<void> clear_the_way(const std::string& path, const Local::endpoint& endpoint) {
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return cannot_listen(base::ErrorCode::conflict, path, "it is not a socket");
  if (somebody_listens(endpoint)) return cannot_listen(base::ErrorCode::conflict, path, "another server listens there");
  unlink(path.c_str());
  return {};
}

bool is_exhaustion(const boost::system::error_code& failed) {
  using namespace boost::system::errc;
  return failed == too_many_files_open || failed == too_many_files_open_in_system || failed == no_buffer_space ||
         failed == not_enough_memory;
}

}  // namespace

Listener::Listener(async::Loop& home, std::vector<std::shared_ptr<ServerLoop>> loops, std::shared_ptr<Service> service)
    : acceptor_(home.context()), loops_(std::move(loops)), service_(std::move(service)) {}

base::Result<void> Listener::open_tcp(const std::string& address, std::uint16_t port) {
  const std::string name = name_of(address, port);
  boost::system::error_code failed;
  const auto parsed = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, failed);
  if (failed) return cannot_listen(base::ErrorCode::invalid_input, name, "not an IPv4 or IPv6 address");
  TRY_VOID(open(Tcp::endpoint(parsed, port), name));

  Tcp::endpoint bound;
  const auto local = acceptor_.local_endpoint(failed);
  std::memcpy(bound.data(), local.data(), std::min(local.size(), bound.capacity()));
  port_ = bound.port();
  return {};
}

base::Result<void> Listener::open_unix(const std::string& path) {
  // sun_path's size; asio's endpoint throws above it.
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return cannot_listen(base::ErrorCode::invalid_input, path, "the path is empty or too long for a socket");
  }
  const Local::endpoint endpoint(path);
  TRY_VOID(clear_the_way(path, endpoint));
  return open(endpoint, path);
}

base::Result<void> Listener::open(const Endpoint& endpoint, const std::string& name) {
  boost::system::error_code failed;
  acceptor_.open(endpoint.protocol(), failed);
  if (endpoint.protocol().family() == AF_UNIX) {
    // On Linux, bind() makes the file with the mode of the socket's own inode, so there is no moment at which it is
    // wider; umask would be the whole process's.
    if (!failed && fchmod(acceptor_.native_handle(), S_IRUSR | S_IWUSR) != 0) {
      failed.assign(errno, boost::system::system_category());
    }
  } else if (!failed) {
    acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
  }
  if (!failed) acceptor_.non_blocking(true, failed);
  if (!failed) acceptor_.bind(endpoint, failed);
  if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) return cannot_listen(code_of(failed), name, failed.message());
  return {};
}

void Listener::start() {
  spawn_logged(acceptor_.get_executor(), accept_until_closed(shared_from_this()), "listener_threw");
}

void Listener::close() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    boost::system::error_code ignored;
    self->acceptor_.close(ignored);
  });
}

// An asynchronous accept would keep a socket of another loop among this loop's operations, and so tie the order in
// which loops may be destroyed.
async::Task<> Listener::accept_until_closed(std::shared_ptr<Listener> self) {
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, async::Executor>
      rest(self->acceptor_.get_executor());
  while (self->acceptor_.is_open()) {
    const auto [failed] = co_await self->acceptor_.async_wait(Acceptor::wait_read, asio::as_tuple(async::use_task));
    if (failed || self->accept_waiting()) continue;
    rest.expires_after(exhaustion_rest);
    co_await rest.async_wait(asio::as_tuple(async::use_task));
  }
}

bool Listener::accept_waiting() {
  for (int accepted = 0; accepted < accepted_at_once_max; ++accepted) {
    Endpoint peer;
    boost::system::error_code failed;
    Socket socket = acceptor_.accept(loops_[next_loop_]->context(), peer, failed);
    if (failed == asio::error::would_block) return true;
    if (!failed) {
      hand_over(std::move(socket), peer);
    } else if (is_exhaustion(failed)) {
      base::log(base::LogLevel::warning, "accept_failed", {{"why", failed.message()}});
      return false;
    }
  }
  return true;
}

void Listener::hand_over(Socket socket, const Endpoint& peer) {
  ServerLoop& loop = *loops_[next_loop_];
  next_loop_ = (next_loop_ + 1) % loops_.size();
  ConnectionSlot slot(service_);
  const Limits& limits = service_->limits;
  if (slot.number() > limits.connections_max + limits.turned_away_max) return;
  boost::system::error_code ignored;
  if (peer.protocol().family() != AF_UNIX) socket.set_option(Tcp::no_delay(true), ignored);
  loop.adopt(std::move(socket), text_of_peer(peer), std::move(slot));
}

}  // namespace parley::http
