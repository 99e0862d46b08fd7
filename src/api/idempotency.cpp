#include "api/idempotency.h"

#include <algorithm>

#include "http/grammar.h"
#include "store/fingerprint.h"

namespace parley::api {
namespace {

constexpr std::size_t key_characters_max = 255;

bool is_valid(std::string_view key) noexcept {
  return !key.empty() && key.size() <= key_characters_max &&
         std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~'; });
}

auto key_headers(const http::Request& request) {
  return std::ranges::count_if(request.headers, [](const http::Header& header) {
    return http::equal_ignoring_case(header.name, "idempotency-key");
  });
}

}  // namespace

std::variant<std::optional<store::Idempotency>, InvalidIdempotencyKey> read_idempotency(const http::Request& request,
                                                                                        std::string_view endpoint,
                                                                                        std::string_view content) {
  const auto key = request.header("idempotency-key");
  if (!key) return std::nullopt;
  if (!is_valid(*key) || key_headers(request) > 1) return InvalidIdempotencyKey();
  return store::Idempotency{.key = std::string(*key), .fingerprint = store::fingerprint_of(endpoint, content)};
}

void mark_replayed(http::Response& response) {
  response.headers.emplace_back("Idempotency-Replayed", "true");
}

}  // namespace parley::api
