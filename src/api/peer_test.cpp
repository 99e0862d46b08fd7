#include "api/peer.h"

#include <gtest/gtest.h>

namespace parley::api {
namespace {

http::Request from(std::string peer, std::vector<http::Header> headers = {}) {
  http::Request request;
  request.peer_address = std::move(peer);
  request.headers = std::move(headers);
  return request;
}

TEST(ClientAddress, IsTheSocketsWhereNoProxyIsTrusted) {
  const TrustedProxies none;
  EXPECT_EQ(client_address(from("192.0.2.7"), none), "192.0.2.7");
  EXPECT_EQ(client_address(from("192.0.2.7", {{"X-Forwarded-For", "198.51.100.1"}}), none), "192.0.2.7");
}

TEST(ClientAddress, ALoopbackClientHasNoneUnlessItSpeaksForOthers) {
  const TrustedProxies none;
  EXPECT_EQ(client_address(from("127.0.0.1"), none), std::nullopt);
  EXPECT_EQ(client_address(from("::1"), none), std::nullopt);
  EXPECT_EQ(client_address(from("::ffff:127.0.0.1"), none), std::nullopt);
  EXPECT_EQ(client_address(from("127.0.0.1", {{"x-forwarded-for", "198.51.100.1"}}), none), "127.0.0.1");
  EXPECT_EQ(client_address(from("127.0.0.1", {{"Forwarded", "for=198.51.100.1"}}), none), "127.0.0.1");
}

TEST(ClientAddress, ComesFromTheLastHopThatIsNoTrustedProxy) {
  const auto trusted = TrustedProxies::parse("127.0.0.1, 10.0.0.0/8").value();
  EXPECT_EQ(client_address(from("127.0.0.1", {{"X-Forwarded-For", "203.0.113.9, 198.51.100.1, 10.1.2.3"}}), trusted),
            "198.51.100.1");
  EXPECT_EQ(
      client_address(from("127.0.0.1", {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "198.51.100.1"}}), trusted),
      "198.51.100.1");
}

TEST(ClientAddress, GarbageFromATrustedProxyFallsBackToTheProxysOwn) {
  const auto trusted = TrustedProxies::parse("10.0.0.1").value();
  EXPECT_EQ(client_address(from("10.0.0.1", {{"X-Forwarded-For", "unknown"}}), trusted), "10.0.0.1");
  EXPECT_EQ(client_address(from("10.0.0.1"), trusted), "10.0.0.1");
}

TEST(LocalClient, IsOneOnLoopbackThatNoProxySpeaksFor) {
  for (const char* peer : {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_local(from(peer, {{"Host", "localhost"}, {"Forward", "x"}, {"X-Forwarded", "x"}}))) << peer;
    for (const char* header : {"X-Forwarded-For", "forwarded", "Via", "x-real-ip", "X-FORWARDED-PROTO"}) {
      EXPECT_FALSE(is_local(from(peer, {{"Host", "localhost"}, {header, ""}}))) << peer << header;
    }
  }
  for (const char* peer : {"192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "unix", ""}) {
    EXPECT_FALSE(is_local(from(peer))) << peer;
  }
}

TEST(TrustedProxies, KnowsNetworksOfBothFamilies) {
  const auto trusted = TrustedProxies::parse("2001:db8::/32,192.0.2.0/24").value();
  const auto contains = [&](const char* text) { return trusted.contains(boost::asio::ip::make_address(text)); };
  EXPECT_TRUE(contains("2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db9::1"));
  EXPECT_TRUE(contains("192.0.2.255"));
  EXPECT_FALSE(contains("192.0.3.0"));
}

TEST(TrustedProxies, NamesThePartThatIsNoNetwork) {
  for (const char* part : {"example.com", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/8x"}) {
    const auto refused = TrustedProxies::parse("127.0.0.1," + std::string(part));
    ASSERT_TRUE(refused.has_error()) << part;
    EXPECT_NE(refused.error().message.find(part), std::string::npos);
  }
}

}  // namespace
}  // namespace parley::api
