#pragma once
// What two requests under one idempotency key are compared by.

#include <string_view>

#include "crypto/digest.h"

namespace parley::store {

/// Of everything that decides what a request asks for.
crypto::Digest fingerprint_of(std::string_view endpoint, std::string_view content);

}  // namespace parley::store
