#pragma once
// The messages of an OpenAI client's request (https://platform.openai.com/docs/api-reference/chat/create) as a
// conversation for Anthropic's API. Pure.

#include <boost/json/value.hpp>

#include "base/error.h"
#include "engines/conversation.h"

namespace parley::engines {

/// System and developer messages become the system's; text, images (as data, or by http and https URL), refusals, calls
/// of functions and what tools gave go along; a message's `name`, an image's `detail` and members that nobody knows are
/// left out. `engine_refused` names the first part that has no equal: audio, files, legacy functions, other tools.
base::Result<Conversation> translated_messages(const boost::json::value& messages);

}  // namespace parley::engines
