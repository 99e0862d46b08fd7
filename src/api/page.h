#pragma once
// The query of an endpoint that answers a page at a time: `cursor`, `limit` and what else it takes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/form.h"
#include "json/write.h"

namespace parley::api {

/// How many there are on a page.
struct PageSize {
  std::int64_t standard;
  std::int64_t max;
};

class PageQuery {
 public:
  /// Notes what is wrong with the query, its `cursor` or its `limit`.
  PageQuery(std::string_view query, PageSize size, FieldErrors& errors);

  /// Where the page begins, as the one before named it; nothing: at the newest.
  std::optional<std::int64_t> cursor() const noexcept { return cursor_; }
  std::int32_t limit() const noexcept { return limit_; }
  /// The last value of that name, or nothing.
  std::optional<std::string_view> field(std::string_view name) const noexcept;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
  std::optional<std::int64_t> cursor_;
  std::int32_t limit_;
};

/// The member "next" of a page: the cursor of the one that follows, as text, or null.
void add_next(json::ObjectWriter& page, std::optional<std::int64_t> cursor);

/// The whole of a text as a number from 1, or nothing.
std::optional<std::int64_t> positive_number(std::string_view text) noexcept;

}  // namespace parley::api
