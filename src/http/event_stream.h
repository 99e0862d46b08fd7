#pragma once
// Writing `text/event-stream`
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).

#include <string>
#include <string_view>

#include "http/message.h"

namespace parley::http {

/// Appends one event. `type` is a word, or empty for the default; `data` may have any number of lines.
void append_event(std::string& out, std::string_view type, std::string_view data);

/// A comment, which every reader ignores.
inline constexpr std::string_view event_stream_comment = ":\n\n";

/// The head of a response that is such a stream, with what keeps proxies from gathering it (nginx's X-Accel-Buffering).
Response event_stream_head();

}  // namespace parley::http
