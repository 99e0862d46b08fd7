#include "engines/loopback_port.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace parley::engines {
namespace {

constexpr std::string_view table_text =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 12345 1 0 100 0 0 10 "
    "0\n"
    "   1: 0100007F:1F91 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1002        0 12346 1 0 20 4 30 10\n"
    "   2: 00000000:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1003        0 12347 1 0 100 0 0 10\n";

std::optional<uid_t> listener_in_table(std::uint16_t port) {
  std::istringstream table{std::string(table_text)};
  return listener_of(table, port);
}

TEST(LoopbackPort, IsFree) {
  const auto port = free_loopback_port();
  ASSERT_TRUE(port.has_value());
  EXPECT_GT(*port, 0);
  EXPECT_FALSE(strangers_listen_on(*port));
}

TEST(LoopbackPort, TellsWhoListensThere) {
  EXPECT_EQ(listener_in_table(8080), uid_t{1001});
}

TEST(LoopbackPort, KnowsNobodyWhereAConnectionIsOpenOrAnotherAddressListens) {
  EXPECT_EQ(listener_in_table(8081), std::nullopt);
  EXPECT_EQ(listener_in_table(8082), std::nullopt);
}

TEST(LoopbackPort, ReadsTheKernelsTable) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::ifstream table("/proc/net/tcp");
  EXPECT_EQ(listener_of(table, ntohs(address.sin_port)), geteuid());
  EXPECT_FALSE(strangers_listen_on(ntohs(address.sin_port)));
  close(listener);
}

}  // namespace
}  // namespace parley::engines
