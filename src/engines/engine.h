#pragma once
// What generates a response.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "base/error.h"
#include "catalog/usage.h"

namespace parley::engines {

enum class Role { system, user, assistant };

struct Message {
  Role role = Role::user;
  std::string text;
};

/// What every call to an engine says beside its content.
struct Call {
  std::string model = {};                                 ///< as the engine's server names it
  std::optional<std::int64_t> output_max = std::nullopt;  ///< in model tokens: the engine asks for no more
  /// Until then the call has ended, whatever the engine's own limits allow.
  std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;
  /// Where another engine can be asked instead, it is not tried twice, and a server that asks for patience gets it.
  bool last_resort = true;
};

struct Prompt {
  std::vector<Message> messages = {};  ///< oldest first; the last is the user's
  Call call = {};
};

/// A request for a chat completion as an OpenAI client wrote it, for an engine of the same language. What Parley does
/// not know in it goes through untouched.
struct RelayedRequest {
  std::string body;  ///< one JSON object that json::parse() accepts, with "model" and "messages"
  bool stream = false;
  bool wants_usage = false;  ///< the client asked for the usage at the stream's end
  /// Of the fields that cost what nobody pays for ("service_tier", "store", "background"), those that may pass.
  std::vector<std::string> passes = {};
  Call call = {};  ///< what the body asks beyond `output_max` is lowered to it
};

using catalog::Usage;

struct Reply {
  std::string text = {};                      ///< empty where a listener heard it, or the model said nothing
  std::optional<Usage> usage = std::nullopt;  ///< what the engine says it counted, where that is credible
  std::string finish_reason = "stop";         ///< in OpenAI's words; "length" where one of our own limits ended it
  bool cut_off = false;                       ///< one of our own limits did
  bool says_something = true;                 ///< to the user; where a listener heard it, that one knows
  std::string relayed = {};                   ///< of a relayed request that is no stream: the reply's body as it came
  /// Of a relayed stream: the data of its last events, from the one with the finish reason on. No listener heard them:
  /// who has them has the whole answer.
  std::vector<std::string> closing = {};
};

/// What has come of a reply.
struct Heard {
  std::string_view text;        ///< to be saved; may be empty
  std::string_view chunk = {};  ///< of a relayed stream: the event's data as it came
  bool says_something = true;   ///< for the user, be it no text: a tool call, a thought
};

/// Hears a reply while it comes. Called on the loop of the call to the engine.
class ReplyListener {
 public:
  ReplyListener() = default;
  ReplyListener(const ReplyListener&) = delete;
  ReplyListener& operator=(const ReplyListener&) = delete;
  virtual ~ReplyListener() = default;

  /// The engine has begun to answer; called once, before hear(). What fails from here on is not tried again.
  virtual void open() = 0;
  virtual void hear(const Heard& heard) = 0;
};

/// Safe to call from any loop; a call stays on the loop that made it. Calls support Asio's per-operation cancellation:
/// they end soon then, by an error or by throwing boost::system::system_error.
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  /// As the catalog names it: "offline", "openai".
  virtual std::string_view name() const noexcept = 0;

  /// A reply within the engine's own limits of time and size: as a whole, or with a `listener` (which outlives the
  /// call) bit by bit. `engine_failed`, `engine_busy` (with retry_after), `engine_timeout`; their messages are plain
  /// sentences that name no upstream, key or address. Where one of our own limits ends a reply that a listener has
  /// heard something of, it is a reply all the same: `cut_off`.
  virtual async::Task<base::Result<Reply>> generate(Prompt prompt, ReplyListener* listener) = 0;

  /// True where relay() may be called.
  virtual bool relays() const noexcept { return false; }

  /// As generate(), for a request in OpenAI's words; a stream has a listener, any other has none. Also
  /// `engine_refused`, where the engine finds fault with the request.
  virtual async::Task<base::Result<Reply>> relay(RelayedRequest request, ReplyListener* listener);
};

}  // namespace parley::engines
