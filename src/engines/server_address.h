#pragma once
// What can be wrong with the settings by which an engine reaches its server. Pure.

#include <string_view>

#include "base/error.h"

namespace parley::engines {

/// `invalid_input` unless it is an http or https URL with a host and without user, query and fragment. `whose` begins
/// the sentence: "The OpenAI base URL is not a URL." It does not repeat the URL, which may hold a password.
base::Result<void> check_base_url(std::string_view whose, std::string_view base_url);

/// `invalid_input` where the key can't stand in a header; an empty one is none, and fine.
base::Result<void> check_api_key(std::string_view whose, std::string_view api_key);

/// The base URL without its last slashes.
std::string_view without_last_slashes(std::string_view base_url) noexcept;

}  // namespace parley::engines
