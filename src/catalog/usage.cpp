#include "catalog/usage.h"

namespace parley::catalog {
namespace {

constexpr std::size_t bytes_per_estimated_token = 3;
constexpr std::size_t bytes_per_counted_token = 4;
constexpr std::int64_t model_tokens_per_message = 8;

}  // namespace

std::int64_t estimate_of(const PromptSize& size, std::int64_t model_tokens_per_image) noexcept {
  return static_cast<std::int64_t>((size.bytes + bytes_per_estimated_token - 1) / bytes_per_estimated_token) +
         static_cast<std::int64_t>(size.messages) * model_tokens_per_message +
         static_cast<std::int64_t>(size.images) * model_tokens_per_image;
}

std::int64_t counted(std::size_t bytes) noexcept {
  return static_cast<std::int64_t>((bytes + bytes_per_counted_token - 1) / bytes_per_counted_token);
}

}  // namespace parley::catalog
