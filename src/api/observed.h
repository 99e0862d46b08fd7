#pragma once
// Routes that count and time what they answer.

#include <vector>

#include "base/metrics.h"
#include "http/router.h"

namespace parley::api {

/// The same routes; each answer counts in parley_http_requests_total, by route, method and status, and its handler's
/// time in parley_http_request_seconds, by route and method. Labels are the route's own path and method, never what was
/// sent: there are as many series however many paths are tried. What a handler throws counts as 500; a status that
/// Parley doesn't use, as "other", and so does a client that leaves before its stream has one; what no route answers
/// counts nowhere. A stream counts when it is over. `metrics` outlives every response.
std::vector<http::Route> observed(base::Metrics& metrics, std::vector<http::Route> routes);

}  // namespace parley::api
