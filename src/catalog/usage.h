#pragma once
// What a turn makes a model work.

#include <cstddef>
#include <cstdint>

namespace parley::catalog {

/// In model tokens; never negative.
struct Usage {
  std::int64_t input_model_tokens = 0;
  std::int64_t output_model_tokens = 0;
};

/// How large a prompt is, as far as that can be told without the model's own tokenizer.
struct PromptSize {
  std::size_t bytes = 0;  ///< UTF-8 bytes of all that the model reads: texts, tools and their schemas
  std::size_t messages = 0;
  std::size_t images = 0;
};

/// More than a prompt is likely to be: a third of its bytes, 8 for each message, and a set amount for each image.
/// In model tokens.
std::int64_t estimate_of(const PromptSize& size, std::int64_t model_tokens_per_image) noexcept;

/// Our own count, where an engine's figures can't be believed: a quarter of the bytes, rounded up. In model tokens.
std::int64_t counted(std::size_t bytes) noexcept;

}  // namespace parley::catalog
