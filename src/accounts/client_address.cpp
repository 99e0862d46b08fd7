#include "accounts/client_address.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace parley::accounts {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t text_bytes_max = 64;
constexpr std::size_t prefix_bytes = 8;

std::string network_of(const ip::address_v6& address) {
  auto bytes = address.to_bytes();
  std::fill(bytes.begin() + prefix_bytes, bytes.end(), std::uint8_t{0});
  return ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace

std::string client_of_address(std::string_view address) {
  address = address.substr(0, text_bytes_max);
  boost::system::error_code failure;
  const ip::address parsed = ip::make_address(address, failure);
  if (failure) return std::string(address);
  if (parsed.is_v4()) return parsed.to_string();
  const ip::address_v6 v6 = parsed.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  return network_of(v6);
}

}  // namespace parley::accounts
