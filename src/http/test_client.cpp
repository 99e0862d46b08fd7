#include "http/test_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace parley::http {
namespace {

void set_time_limits(int socket) {
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Received parse_head(const std::string& head) {
  Received received;
  received.status = std::stoi(head.substr(9, 3));
  std::size_t begin = head.find("\r\n") + 2;
  while (begin < head.size()) {
    const std::size_t end = head.find("\r\n", begin);
    const std::size_t colon = head.find(':', begin);
    if (colon >= end) break;
    received.headers[lower(head.substr(begin, colon - begin))] = head.substr(colon + 2, end - colon - 2);
    begin = end + 2;
  }
  return received;
}

}  // namespace

std::string Received::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? "(none)" : found->second;
}

TestClient::TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  set_time_limits(socket_);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect: " + std::string(std::strerror(errno)));
  }
}

TestClient::TestClient(const std::string& unix_path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  set_time_limits(socket_);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect: " + std::string(std::strerror(errno)));
  }
}

TestClient::~TestClient() {
  close(socket_);
}

bool TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void TestClient::finish() {
  shutdown(socket_, SHUT_WR);
}

void TestClient::reset_on_close() {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
}

std::optional<Received> TestClient::receive(bool without_body) {
  std::size_t end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!read_more()) return std::nullopt;
    end = buffer_.find("\r\n\r\n");
  }
  Received received = parse_head(buffer_.substr(0, end + 2));
  buffer_.erase(0, end + 4);
  const auto length = received.headers.find("content-length");
  const std::size_t bytes = without_body || length == received.headers.end() ? 0 : std::stoul(length->second);
  while (buffer_.size() < bytes) {
    if (!read_more()) return std::nullopt;
  }
  received.body = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return received;
}

std::optional<Received> TestClient::ask(std::string_view bytes) {
  send(bytes);
  return receive();
}

std::string TestClient::take_what_came() {
  if (buffer_.empty()) read_more();
  return std::exchange(buffer_, {});
}

std::string TestClient::rest() {
  errno = 0;
  while (read_more()) errno = 0;
  std::string all = std::exchange(buffer_, {});
  if (errno == EAGAIN) return all + "(timeout)";
  if (errno != 0) return all + "(reset)";
  return all;
}

bool TestClient::readable_within(int milliseconds) const {
  pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, milliseconds) > 0;
}

bool TestClient::read_more() {
  std::array<char, 65536> bytes{};
  const ssize_t got = recv(socket_, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

}  // namespace parley::http
