#pragma once
// What reads the body of a streamed reply while it comes.

#include <optional>
#include <string>

#include "engines/engine.h"
#include "engines/verdict.h"
#include "upstream/exchange.h"

namespace parley::engines {

class ReplyStream : public upstream::BodySink {
 public:
  /// The API's own last word has come: without it the stream was cut off.
  virtual bool complete() const noexcept = 0;
  virtual bool said_something() const noexcept = 0;
  /// The finish reason has come: what may follow adds nothing for the user.
  virtual bool finished() const noexcept = 0;
  /// Why it was refused; empty where it was not.
  virtual const std::string& fault() const noexcept = 0;
  /// Where it was refused because the server said within the stream that it fails: what to make of that.
  virtual std::optional<Verdict> complaint() const { return std::nullopt; }
  /// What the reply comes down to, the text apart, which the listener has heard.
  virtual Reply take_reply() = 0;
};

}  // namespace parley::engines
