#pragma once
// What generates a response.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "base/error.h"

namespace parley::engines {

enum class Role { system, user, assistant };

struct Message {
  Role role = Role::user;
  std::string text;
};

struct Prompt {
  std::vector<Message> messages;  ///< oldest first; the last is the user's
};

/// What the engine says it counted, in model tokens.
struct Usage {
  std::int64_t input_model_tokens = 0;
  std::int64_t output_model_tokens = 0;
};

struct Reply {
  std::string text;  ///< may be empty only where the model said nothing
  std::optional<Usage> usage;
};

/// Safe to call from any loop; the call stays on the loop that made it.
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  /// As in the settings: "offline", "openai".
  virtual std::string_view name() const noexcept = 0;

  /// The whole reply, within the engine's own limits of time and size. `engine_failed`, `engine_busy` (with
  /// retry_after), `engine_timeout`; their messages are plain sentences that name no upstream, key or address.
  virtual async::Task<base::Result<Reply>> generate(Prompt prompt) = 0;
};

}  // namespace parley::engines
