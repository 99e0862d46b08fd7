#pragma once
// The refusal of one field of a form.

#include <string>
#include <utility>

#include "base/error.h"

namespace parley::accounts {

inline base::Error field_error(std::string field, std::string sentence) {
  return {.code = base::ErrorCode::invalid_input,
          .message = std::move(sentence),
          .detail = {},
          .retry_after = {},
          .field = std::move(field)};
}

}  // namespace parley::accounts
