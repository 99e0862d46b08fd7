#pragma once
// The engine that serves when no model is configured: it answers from what it was asked.

#include "engines/engine.h"

namespace parley::engines {

class Offline final : public Engine {
 public:
  std::string_view name() const noexcept override { return "offline"; }

  /// "AI response to '<the last user's message>'", at once; to a listener word by word. Model tokens are counted as
  /// UTF-8 bytes ÷ 4, rounded up. Never fails.
  async::Task<base::Result<Reply>> generate(Prompt prompt, ReplyListener* listener) override;
};

}  // namespace parley::engines
