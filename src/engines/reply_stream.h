#pragma once
// What reads the body of a streamed reply while it comes.

#include <string>

#include "engines/engine.h"
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
  /// What the reply comes down to, the text apart, which the listener has heard.
  virtual Reply take_reply() = 0;
};

}  // namespace parley::engines
