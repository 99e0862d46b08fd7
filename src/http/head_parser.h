#pragma once
// Cuts a header block that has passed the gate into a Request's headers, with Beast.

#include <string_view>

#include "http/gate.h"
#include "http/message.h"

namespace parley::http {

/// Fills in the method, path, query and headers of `request`. False where Beast refuses what the gate let pass: then
/// one of the two is wrong, and the request is answered with 400.
bool parse_head(std::string_view block, const RequestLine& line, Request& request);

}  // namespace parley::http
