#pragma once
// Request-Id: what names a request in its response and in the log.

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::http {

/// `[A-Za-z0-9._-]{1,128}`: what a client may call its own request.
bool is_valid_request_id(std::string_view text) noexcept;

/// Makes ids for one event loop: a prefix that is random for each of these and a counter. They are unique, not secret.
class RequestIds {
 public:
  RequestIds();

  /// The client's own where it is valid, else a new one.
  std::string id_for(std::string_view own);

 private:
  std::string prefix_;
  std::uint64_t count_ = 0;
};

}  // namespace parley::http
