#pragma once
// What the server itself says no with, before a handler has seen the request.

#include <string_view>

namespace parley::http {

/// After one, nothing more is read from its connection: where the next request begins can't be known.
struct Refusal {
  int status = 400;
  std::string_view sentence;  ///< a literal, for the body of the response

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace parley::http
