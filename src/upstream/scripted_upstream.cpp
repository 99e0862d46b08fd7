#include "upstream/scripted_upstream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace parley::upstream {
namespace {

constexpr std::chrono::seconds patience{20};

int bound_to_loopback(int& port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(made, reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("bind");
  ::getsockname(made, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return made;
}

int bound_to_path(const std::string& path) {
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("bind");
  return made;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view name = "Content-Length: ";
  const auto at = head.find(name);
  std::size_t length = 0;
  if (at != std::string_view::npos) std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
  return length;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void reset_on_close(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void await_end(int socket) {
  char ignored[256];
  while (::recv(socket, ignored, sizeof ignored, 0) > 0) {
  }
}

}  // namespace

std::string http_reply(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Reason\r\nContent-Type: application/json\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

ScriptedUpstream::ScriptedUpstream(std::vector<Cue> cues, std::string unix_socket)
    : cues_(std::move(cues)), listener_(unix_socket.empty() ? bound_to_loopback(port_) : bound_to_path(unix_socket)) {
  if (::listen(listener_, 1024) != 0) throw std::runtime_error("listen");
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedUpstream::~ScriptedUpstream() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& server : servers_) server.join();
  ::close(listener_);
}

std::string ScriptedUpstream::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

int ScriptedUpstream::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::vector<std::string> ScriptedUpstream::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedUpstream::await_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return requests_.size() >= count; })) {
    throw std::runtime_error("the requests never came");
  }
}

void ScriptedUpstream::await_open_connections(int count) const {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return open_ == count; })) {
    throw std::runtime_error("the connections were never closed");
  }
}

void ScriptedUpstream::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0 || stopping_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    ++connections_;
    ++open_;
    sockets_.push_back(socket);
    servers_.emplace_back([this, socket] { serve(socket); });
  }
}

void ScriptedUpstream::serve(int socket) {
  std::string buffer;
  while (read_request(socket, buffer) && play(socket, next_cue())) {
  }
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
  --open_;
  changed_.notify_all();
}

bool ScriptedUpstream::read_request(int socket, std::string& buffer) {
  for (;;) {
    if (const auto head_end = buffer.find("\r\n\r\n"); head_end != std::string::npos) {
      const std::size_t whole = head_end + 4 + content_length(std::string_view(buffer).substr(0, head_end + 2));
      if (buffer.size() >= whole) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(buffer.substr(0, whole));
        buffer.erase(0, whole);
        changed_.notify_all();
        return true;
      }
    }
    char chunk[4096];
    const ssize_t got = ::recv(socket, chunk, sizeof chunk, 0);
    if (got <= 0) return false;
    buffer.append(chunk, static_cast<std::size_t>(got));
  }
}

Cue ScriptedUpstream::next_cue() {
  const std::lock_guard lock(mutex_);
  return cues_[std::min(cues_played_++, cues_.size() - 1)];
}

bool ScriptedUpstream::play(int socket, const Cue& cue) {
  if (cue.before_each_byte.count() == 0) {
    if (!send_all(socket, cue.bytes)) return false;
  } else {
    for (const char byte : cue.bytes) {
      std::this_thread::sleep_for(cue.before_each_byte);
      if (stopping_ || !send_all(socket, {&byte, 1})) return false;
    }
  }
  switch (cue.then) {
    case Cue::Then::keep: return true;
    case Cue::Then::close: return false;
    case Cue::Then::reset: reset_on_close(socket); return false;
    case Cue::Then::hang: await_end(socket); return false;
  }
  return false;
}

RefusingPort::RefusingPort() : socket_(bound_to_loopback(port_)) {}

RefusingPort::~RefusingPort() {
  ::close(socket_);
}

std::string RefusingPort::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

}  // namespace parley::upstream
