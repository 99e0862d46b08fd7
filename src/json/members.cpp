#include "json/members.h"

#include <algorithm>
#include <utility>

#include "json/parse.h"
#include "json/write.h"

namespace parley::json {
namespace {

constexpr std::string_view white_space = " \t\r\n";

/// Walks over a text that is known to be well formed.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  std::size_t at() const noexcept { return at_; }
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void step() noexcept { ++at_; }
  void skip_space() noexcept { at_ = std::min(text_.find_first_not_of(white_space, at_), text_.size()); }

  void skip_string() noexcept {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  void skip_value() noexcept {
    std::size_t depth = 0;
    do {
      switch (peek()) {
        case '"': skip_string(); break;
        case '{':
        case '[':
          ++depth;
          ++at_;
          break;
        case '}':
        case ']':
          --depth;
          ++at_;
          break;
        default: at_ = std::min(text_.find_first_of(depth > 0 ? "\"{}[]" : ",}] \t\r\n", at_), text_.size());
      }
    } while (depth > 0 && at_ < text_.size());
  }

  std::string_view since(std::size_t begin) const noexcept { return text_.substr(begin, at_ - begin); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::string unescaped(std::string_view quoted) {
  if (quoted.find('\\') == std::string_view::npos) return std::string(quoted.substr(1, quoted.size() - 2));
  const auto document = parse(quoted);
  if (!document || !document->root.is_string()) return {};
  return std::string(document->root.get_string());
}

}  // namespace

std::vector<Member> members(std::string_view object) {
  std::vector<Member> found;
  Walk walk(object);
  walk.skip_space();
  if (walk.peek() != '{') return found;
  walk.step();
  for (walk.skip_space(); walk.peek() == '"'; walk.skip_space()) {
    const std::size_t begin = walk.at();
    walk.skip_string();
    std::string name = unescaped(walk.since(begin));
    walk.skip_space();
    walk.step();  // the colon
    walk.skip_space();
    const std::size_t value_begin = walk.at();
    walk.skip_value();
    found.push_back({.name = std::move(name), .whole = walk.since(begin), .value = walk.since(value_begin)});
    walk.skip_space();
    if (walk.peek() == ',') walk.step();
  }
  return found;
}

std::optional<std::string_view> find_member(std::string_view object, std::string_view name) {
  const auto all = members(object);
  const auto found = std::ranges::find(all, name, &Member::name);
  if (found == all.end()) return std::nullopt;
  return found->value;
}

std::string with_changes(std::string_view object, std::span<const Change> changes) {
  const auto all = members(object);
  const auto offset = [&](std::string_view part) { return static_cast<std::size_t>(part.data() - object.data()); };
  const auto change_of = [&](std::string_view name) { return std::ranges::find(changes, name, &Change::name); };

  std::string out;
  out.reserve(object.size() + 64);
  std::size_t begin = object.find('{') + 1;
  out += object.substr(0, begin);
  bool any = false;
  const auto separate = [&] {
    if (std::exchange(any, true)) out += ',';
  };
  for (const Member& member : all) {
    // A member comes with the space around it, up to the comma or brace.
    const std::size_t end = object.find_first_not_of(white_space, offset(member.whole) + member.whole.size());
    const auto change = change_of(member.name);
    if (change == changes.end()) {
      separate();
      out += object.substr(begin, end - begin);
    } else if (change->value) {
      separate();
      const std::size_t value_begin = offset(member.value);
      out.append(object.substr(begin, value_begin - begin)).append(*change->value);
      out += object.substr(value_begin + member.value.size(), end - value_begin - member.value.size());
    }
    begin = end + 1;
  }
  for (const Change& change : changes) {
    if (!change.value || std::ranges::find(all, change.name, &Member::name) != all.end()) continue;
    separate();
    append_string(out, change.name);
    out.append(":").append(*change.value);
  }
  return out += object.substr(all.empty() ? begin : begin - 1);
}

}  // namespace parley::json
