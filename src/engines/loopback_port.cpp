#include "engines/loopback_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace parley::engines {
namespace {

constexpr std::string_view listening = "0A";

/// As the table writes it: the address as the bytes of a little-endian number, the port as a number.
std::string entry_of(std::uint16_t port) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%08X:%04X", htonl(INADDR_LOOPBACK), static_cast<unsigned>(port));
  return text.data();
}

}  // namespace

base::Result<std::uint16_t> free_loopback_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return base::internal_error("no socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  const bool found = bind(probe, general, size) == 0 && getsockname(probe, general, &size) == 0;
  close(probe);
  if (!found) return base::internal_error("no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

std::optional<uid_t> listener_of(std::istream& table, std::uint16_t port) {
  const std::string wanted = entry_of(port);
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmissions;
    uid_t user = 0;
    words >> number >> local >> remote >> state >> queues >> timer >> retransmissions >> user;
    if (words && local == wanted && state == listening) return user;
  }
  return std::nullopt;
}

bool strangers_listen_on(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  const auto user = listener_of(table, port);
  return user && *user != geteuid() && *user != 0;
}

}  // namespace parley::engines
