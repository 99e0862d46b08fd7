#include "accounts/client_address.h"

#include <gtest/gtest.h>

namespace parley::accounts {
namespace {

TEST(ClientAddress, IsAnIpv4AddressAsItIs) {
  EXPECT_EQ(client_of_address("203.0.113.7"), "203.0.113.7");
}

TEST(ClientAddress, IsTheSlash64OfAnIpv6Address) {
  EXPECT_EQ(client_of_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(client_of_address("2001:0DB8:1:2::1"), "2001:db8:1:2::/64");
  EXPECT_NE(client_of_address("2001:db8:1:3::1"), client_of_address("2001:db8:1:2::1"));
  EXPECT_EQ(client_of_address("fe80::1%1"), client_of_address("fe80::2%2"));
}

TEST(ClientAddress, IsTheIpv4AddressThatIpv6Maps) {
  EXPECT_EQ(client_of_address("::ffff:203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(client_of_address("::ffff:cb00:7107"), "203.0.113.7");
}

TEST(ClientAddress, LeavesOtherTextAloneWithinALimit) {
  EXPECT_EQ(client_of_address("unix"), "unix");
  EXPECT_EQ(client_of_address("203.0.113.7:80"), "203.0.113.7:80");
  EXPECT_EQ(client_of_address(std::string(1000, 'x')).size(), 64U);
}

}  // namespace
}  // namespace parley::accounts
