#pragma once
// The engine that serves while no model is configured: it says back what it was told.

#include "engines/engine.h"

namespace parley::engines {

/// Answers exactly "AI response to '<the last user message>'", at once and without usage.
class Offline final : public Engine {
 public:
  std::string_view name() const noexcept override { return "offline"; }
  async::Task<base::Result<Reply>> generate(Prompt prompt) override;
};

}  // namespace parley::engines
