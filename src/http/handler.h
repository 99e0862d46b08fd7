#pragma once
// What a server is given to answer with.

#include <functional>
#include <string_view>

#include "async/task.h"
#include "http/message.h"

namespace parley::http {

/// Called for every well-formed request, on the loop of its connection. The request lives until the task has ended.
/// What it throws is logged and answered with 500. It is not cancelled where the client leaves.
using Handler = std::function<async::Task<Response>(const Request&)>;

/// Makes the response for what the server itself refuses; called on any loop. The path is empty where it isn't known.
using ErrorResponse = std::function<Response(int status, std::string_view sentence, std::string_view path)>;

}  // namespace parley::http
