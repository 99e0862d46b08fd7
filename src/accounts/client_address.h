#pragma once
// Whom an address stands for.

#include <string>
#include <string_view>

namespace parley::accounts {

/// What throttling by address counts as one client: an IPv4 address as it is, an IPv6 address by its /64 (one
/// subscriber has at least that much: RFC 6177), IPv4-mapped IPv6 as the IPv4 that it is. Other text stays as it is.
std::string client_of_address(std::string_view address);

}  // namespace parley::accounts
