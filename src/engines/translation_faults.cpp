#include "engines/translation_faults.h"

namespace parley::engines {
namespace {

base::Error refused(std::string_view what, std::string_view field) {
  std::string sentence = "The AI " + std::string(what) + ' ' + std::string(field) + '.';
  return {.code = base::ErrorCode::engine_refused,
          .message = std::move(sentence),
          .detail = "not translated: " + std::string(field),
          .retry_after = std::nullopt};
}

}  // namespace

base::Error unknown_field(std::string_view field) {
  return refused("does not know", field);
}

base::Error unreadable_field(std::string_view field) {
  return refused("cannot read", field);
}

}  // namespace parley::engines
