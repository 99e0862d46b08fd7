#pragma once
// The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): what it must look like, and what a request
// under it asks for.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// Why a key is none.
inline constexpr std::string_view idempotency_key_rule =
    "Ensure there is one header Idempotency-Key, of 1 to 255 printable ASCII characters.";

struct InvalidIdempotencyKey {};

/// The request's key with the fingerprint of `content` (all that decides what it asks for) at `endpoint`; nothing where
/// it has none.
std::variant<std::optional<store::Idempotency>, InvalidIdempotencyKey> read_idempotency(const http::Request& request,
                                                                                        std::string_view endpoint,
                                                                                        std::string_view content);

/// Says that the answer is one that was given before.
void mark_replayed(http::Response& response);

}  // namespace parley::api
