#include "chat/terms.h"

#include <algorithm>

namespace parley::chat {
namespace {

using catalog::Usage;
using catalog::UsagePrice;

std::int64_t input_estimate(const catalog::Model& model, const Work& work) noexcept {
  return catalog::estimate_of(work.prompt, model.model_tokens_per_image);
}

/// The catalog has no price by usage without a limit of output.
std::int64_t output_most(const catalog::Model& model, const Work& work) noexcept {
  const std::int64_t limit = model.output_max.value_or(output_least);
  return std::clamp(work.output_asked.value_or(limit), std::int64_t{1}, limit);
}

}  // namespace

Terms terms_of(const catalog::Model& model, const Work& work) noexcept {
  if (const auto* flat = std::get_if<catalog::FlatPrice>(&model.price)) {
    return {.most = flat->per_turn, .least = flat->per_turn};
  }
  const std::int64_t input = input_estimate(model, work);
  const std::int64_t output = output_most(model, work);
  const auto with_output = [&](std::int64_t model_tokens) {
    return charge_for(model.price, Usage{.input_model_tokens = input, .output_model_tokens = model_tokens});
  };
  return {.most = with_output(output), .least = with_output(std::min(output, output_least))};
}

std::optional<std::int64_t> output_limit(const catalog::Model& model, const Work& work, base::Tokens held) noexcept {
  const auto* price = std::get_if<UsagePrice>(&model.price);
  if (price == nullptr) return model.output_max;
  return std::min(output_most(model, work), output_for(*price, input_estimate(model, work), held));
}

catalog::Usage usage_that_counts(const Work& work, const std::optional<Usage>& said,
                                 std::size_t answer_bytes) noexcept {
  if (said) return *said;
  return {.input_model_tokens = catalog::counted(work.prompt.bytes),
          .output_model_tokens = catalog::counted(answer_bytes)};
}

base::Tokens charge_for_turn(const catalog::Model& model, const Usage& usage, base::Tokens held) noexcept {
  return std::min(charge_for(model.price, usage), held);
}

base::Tokens charge_min(const catalog::Model& model) noexcept {
  return charge_for(model.price, Usage{.input_model_tokens = 1, .output_model_tokens = 1});
}

}  // namespace parley::chat
