#pragma once
// Where the members of an object stand in its text, and the text with only some of them changed: what a relay needs
// that must not write anew what it does not understand.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::json {

/// One member of an object, as it stands in the text.
struct Member {
  std::string name;        ///< unescaped
  std::string_view whole;  ///< from the quote of the name to the end of the value
  std::string_view value;
};

/// The members of `object`, in order. `object` must be the text of one object that parse() accepts, white space around
/// it allowed.
std::vector<Member> members(std::string_view object);

/// The value of the member of this name, or nothing.
std::optional<std::string_view> find_member(std::string_view object, std::string_view name);

struct Change {
  std::string_view name;
  std::optional<std::string> value;  ///< JSON already written; nothing: the member goes
};

/// `object` (as in members()) with these members set or removed, every other byte as it was. What was not there is
/// added at the end.
std::string with_changes(std::string_view object, std::span<const Change> changes);

}  // namespace parley::json
