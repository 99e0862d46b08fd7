#pragma once
// What to say of a request that another API has no words for. Fields are named as OpenAI's API names them, and nothing
// of what the client wrote is repeated. Pure.

#include <string>
#include <string_view>

#include "base/error.h"

namespace parley::engines {

/// `engine_refused`: "The AI does not know response_format."
base::Error unknown_field(std::string_view field);

/// `engine_refused`, where the field is not what OpenAI's API says: "The AI cannot read messages[0].content."
base::Error unreadable_field(std::string_view field);

}  // namespace parley::engines
