#include "api/peer.h"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "base/log.h"
#include "http/grammar.h"

namespace parley::api {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t forwarded_hops_max = 32;

ip::address_v6 as_v6(const ip::address& address) {
  return address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

std::optional<ip::address> address_from(std::string_view text) {
  boost::system::error_code failure;
  auto address = ip::make_address(std::string(http::trimmed(text)), failure);
  if (failure) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

/// The addresses of every X-Forwarded-For, in order.
std::vector<std::string_view> forwarded_hops(const http::Request& request) {
  std::vector<std::string_view> hops;
  for (const http::Header& header : request.headers) {
    if (!http::equal_ignoring_case(header.name, "x-forwarded-for")) continue;
    for (std::string_view rest = header.value; !rest.empty();) hops.push_back(http::take_list_element(rest));
  }
  return hops;
}

bool is_of_a_proxy(const http::Header& header) {
  constexpr std::string_view prefix = "x-forwarded-";
  return http::equal_ignoring_case(header.name, "forwarded") || http::equal_ignoring_case(header.name, "via") ||
         http::equal_ignoring_case(header.name, "x-real-ip") ||
         http::equal_ignoring_case(std::string_view(header.name).substr(0, prefix.size()), prefix);
}

void warn_of_unconfigured_proxy() {
  static std::atomic<bool> warned{false};
  if (warned.exchange(true)) return;
  base::log(base::LogLevel::warning, "proxy_not_trusted",
            {{"hint", "a loopback client sends X-Forwarded-For or Forwarded; name it in trusted-proxies"}});
}

}  // namespace

std::optional<TrustedProxies::Network> TrustedProxies::parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = address_from(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned bits_max = address->is_v4() ? 32 : 128;
  unsigned bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (failure != std::errc() || end != digits.data() + digits.size() || bits > bits_max) return std::nullopt;
  }
  return Network{.address = as_v6(*address), .prefix_bits = bits + (128 - bits_max)};
}

base::Result<TrustedProxies> TrustedProxies::parse(std::string_view list) {
  TrustedProxies proxies;
  while (!http::trimmed(list).empty()) {
    const std::string_view part = http::take_list_element(list);
    const auto network = parse_network(part);
    if (!network) {
      return base::Error{.code = base::ErrorCode::invalid_input,
                         .message = "has \"" + std::string(part) + "\", which is no address or network",
                         .detail = ""};
    }
    proxies.networks_.push_back(*network);
  }
  return proxies;
}

bool TrustedProxies::contains(const ip::address& address) const noexcept {
  const auto bytes = as_v6(address).to_bytes();
  return std::ranges::any_of(networks_, [&](const Network& network) {
    const auto prefix = network.address.to_bytes();
    for (unsigned bit = 0; bit < network.prefix_bits; ++bit) {
      const auto mask = static_cast<unsigned char>(0x80U >> (bit % 8));
      if (((bytes[bit / 8] ^ prefix[bit / 8]) & mask) != 0) return false;
    }
    return true;
  });
}

std::optional<std::string> client_address(const http::Request& request, const TrustedProxies& trusted) {
  const auto peer = address_from(request.peer_address);
  if (!peer) return std::nullopt;  // a local socket
  if (trusted.contains(*peer)) {
    const auto hops = forwarded_hops(request);
    std::size_t looked_at = 0;
    for (auto hop = hops.rbegin(); hop != hops.rend() && looked_at < forwarded_hops_max; ++hop, ++looked_at) {
      const auto address = address_from(*hop);
      if (!address) break;
      if (!trusted.contains(*address)) return address->to_string();
    }
    return request.peer_address;
  }
  if (!peer->is_loopback()) return request.peer_address;
  if (request.header("x-forwarded-for") || request.header("forwarded")) {
    warn_of_unconfigured_proxy();
    return request.peer_address;
  }
  return std::nullopt;
}

bool is_local(const http::Request& request) {
  const auto peer = address_from(request.peer_address);
  return peer && peer->is_loopback() && std::ranges::none_of(request.headers, &is_of_a_proxy);
}

}  // namespace parley::api
