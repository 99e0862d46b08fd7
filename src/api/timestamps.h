#pragma once
// Times as the API writes and reads them: RFC 3339.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace parley::api {

/// "2026-11-22T19:15:34.123Z"
std::string time_text(base::Timestamp time);

/// A date and time with its offset: "2027-01-01T00:00:00Z", "2027-01-01T01:00:00.5+01:00". Seconds and their fraction
/// may be left out; what is finer than milliseconds is cut. Nothing where it is none, or the date does not exist.
std::optional<base::Timestamp> parse_time(std::string_view text);

}  // namespace parley::api
