#pragma once
// Whose address a request comes from, as throttling sees it.

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"

namespace parley::api {

/// Addresses and networks in CIDR notation ("10.0.0.0/8", "::1"), whose X-Forwarded-For is believed.
class TrustedProxies {
 public:
  /// From a list joined by commas; `invalid_input` names the part that is no address or network.
  static base::Result<TrustedProxies> parse(std::string_view list);

  bool contains(const boost::asio::ip::address& address) const noexcept;

 private:
  struct Network {
    boost::asio::ip::address_v6 address;  ///< IPv4 as IPv4-mapped
    unsigned prefix_bits = 128;
  };
  static std::optional<Network> parse_network(std::string_view text);

  std::vector<Network> networks_;
};

/// The client's address: the socket's, or, where that is a trusted proxy, the last one in X-Forwarded-For that is not.
/// Nothing for a loopback client that no proxy speaks for, which is not throttled by address. A loopback client that
/// sends Forwarded or X-Forwarded-For without being trusted is a proxy not yet configured: it is throttled by its own
/// address, and the log says so once.
std::optional<std::string> client_address(const http::Request& request, const TrustedProxies& trusted);

/// Whether a process of this machine asks for itself: a loopback client without any header that a proxy adds. Whatever
/// proxies are trusted: they are local too, and speak for others.
bool is_local(const http::Request& request);

}  // namespace parley::api
