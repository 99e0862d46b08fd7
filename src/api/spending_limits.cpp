#include "api/spending_limits.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace parley::api {

std::optional<base::Tokens> read_limit(const Form& form, std::string_view name, FieldErrors& errors) {
  const auto number = form.optional_integer(name, errors);
  if (!number) return std::nullopt;
  const auto limit = base::Tokens::from(*number);
  if (!limit || limit->negative()) {
    errors.add(name, "Ensure this value is from 0 to " + std::to_string(base::Tokens::count_max) + ".");
    return std::nullopt;
  }
  return limit;
}

std::optional<base::Tokens> read_changed_limit(const Form& form, std::string_view name, FieldErrors& errors) {
  if (form.field(name).state == Field::State::missing) {
    errors.add(name, "This field is required.");
    return std::nullopt;
  }
  return read_limit(form, name, errors);
}

void add_limit(json::ObjectWriter& object, std::string_view name, const std::optional<base::Tokens>& limit) {
  if (limit) {
    object.integer(name, limit->count());
  } else {
    object.null(name);
  }
}

std::string_view shortfall_sentence(const store::Shortfall& shortfall) noexcept {
  if (!shortfall.allowance) return "Insufficient tokens";
  switch (shortfall.allowance->limit) {
    case store::SpendingLimit::key: return "This API key's limit is reached";
    case store::SpendingLimit::key_daily: return "This API key's daily limit is reached";
    case store::SpendingLimit::account_daily: return "This account's daily limit is reached";
  }
  return "Insufficient tokens";
}

void add_shortfall_headers(http::Response& response, const store::Shortfall& shortfall, base::Timestamp now) {
  response.headers.emplace_back("Parley-Balance", std::to_string(shortfall.balance.available().count()));
  if (shortfall.only_held()) {
    response.headers.emplace_back("Retry-After", "1");
  } else if (shortfall.allowance && shortfall.allowance->renewed) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(*shortfall.allowance->renewed - now);
    response.headers.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(1, wait.count())));
  }
}

}  // namespace parley::api
