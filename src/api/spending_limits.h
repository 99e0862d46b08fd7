#pragma once
// Limits that users set on their own spending: as fields of forms and members of answers, and what is said where one is
// reached.

#include <optional>
#include <string_view>

#include "api/form.h"
#include "base/clock.h"
#include "base/tokens.h"
#include "http/message.h"
#include "json/write.h"
#include "store/store.h"

namespace parley::api {

/// A limit in tokens that may be left out.
std::optional<base::Tokens> read_limit(const Form& form, std::string_view name, FieldErrors& errors);

/// The limit of a change, which must be there: null lifts it.
std::optional<base::Tokens> read_changed_limit(const Form& form, std::string_view name, FieldErrors& errors);

/// The member `name`: a number of tokens, or null.
void add_limit(json::ObjectWriter& object, std::string_view name, const std::optional<base::Tokens>& limit);

/// Why there were not enough tokens, without a full stop: "Insufficient tokens", or the limit that is reached.
std::string_view shortfall_sentence(const store::Shortfall& shortfall) noexcept;

/// Parley-Balance, and Retry-After where waiting helps: for requests in flight, or for the next day.
void add_shortfall_headers(http::Response& response, const store::Shortfall& shortfall, base::Timestamp now);

}  // namespace parley::api
