#pragma once
// What a turn may cost, what of that is set aside, and what it costs in the end. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/tokens.h"
#include "catalog/catalog.h"

namespace parley::chat {

/// What a turn asks of its model.
struct Work {
  catalog::PromptSize prompt = {};
  std::optional<std::int64_t> output_asked = std::nullopt;  ///< in model tokens; nothing: as much as there is
};

/// Fewer model tokens of output than these are not worth an answer, unless no more were asked.
inline constexpr std::int64_t output_least = 16;

struct Terms {
  base::Tokens most;   ///< what is set aside where there is enough
  base::Tokens least;  ///< less is not enough to begin with
};

Terms terms_of(const catalog::Model& model, const Work& work) noexcept;

/// What the engine may write for what is held, in model tokens; nothing: there is no limit.
std::optional<std::int64_t> output_limit(const catalog::Model& model, const Work& work, base::Tokens held) noexcept;

/// The usage that counts: what the engine said where that was credible, else our own count of prompt and answer.
catalog::Usage usage_that_counts(const Work& work, const std::optional<catalog::Usage>& said,
                                 std::size_t answer_bytes) noexcept;

/// At most what is held, whatever the usage.
base::Tokens charge_for_turn(const catalog::Model& model, const catalog::Usage& usage, base::Tokens held) noexcept;

/// No turn of the model costs less.
base::Tokens charge_min(const catalog::Model& model) noexcept;

}  // namespace parley::chat
