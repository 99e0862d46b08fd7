#pragma once
// What an exchange with a model's server means: for the caller, for trying again, and for resting. Pure.

#include <chrono>
#include <optional>
#include <string>

#include "base/error.h"
#include "upstream/exchange.h"

namespace parley::engines {

enum class Retry {
  never,
  once,      ///< harmless, but the model may have worked for nothing
  patiently  ///< while tries are left
};

struct Verdict {
  base::Error error = {};
  Retry retry = Retry::never;
  std::optional<std::chrono::seconds> asked_patience = std::nullopt;  ///< the server's own Retry-After
  bool engine_at_fault = true;  ///< counts towards resting; else the request or this server is
  bool key_refused = false;     ///< 401, 403: the operator must act
};

/// Nothing where the outcome is a reply of status 2xx. Messages name no server, key or address; details name the status
/// or what libcurl said. `engine_busy` carries the server's own Retry-After where it gave one.
std::optional<Verdict> judge(const upstream::Outcome& outcome);

/// `engine_failed`, in the words that every such failure has.
base::Error engine_failed(std::string detail);
/// `engine_busy`; what is not said is drawn from 1 … 5 s, so that callers don't return all at once.
base::Error engine_busy(std::string detail, std::optional<std::chrono::seconds> retry_after);

}  // namespace parley::engines
