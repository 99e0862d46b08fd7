// The strict reader of JSON: what it accepts means the same written and read again, and to Boost.JSON's own parser;
// what that one accepts and ours refuses is refused for a reason that ours has, and the error is well put. With it
// members, changes and limits.

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <string>

#include "harness.h"
#include "http/utf8.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace parley::fuzz {
namespace {

namespace bj = boost::json;

constexpr int boost_depth_max = 32;  // as ours

/// Written with our own writer of strings.
std::string written(const bj::value& value) {
  std::string out;
  if (const auto* text = value.if_string()) {
    json::append_string(out, *text);
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (const auto& item : *array) out.append(out.size() > 1 ? "," : "").append(written(item));
    out += ']';
  } else if (const auto* object = value.if_object()) {
    json::ObjectWriter writer(out);
    for (const auto& member : *object) writer.raw(member.key(), written(member.value()));
    writer.end();
  } else {
    out = bj::serialize(value);
  }
  return out;
}

/// Boost.JSON 1.81 reads doubles inexactly: near the ends of their range as infinite, or as zero.
bool close(double ours, double theirs) {
  constexpr double nearly_most = 1.797693134862e308;
  constexpr double least_normal = 2.3e-308;
  if (ours == theirs || std::abs(ours) < least_normal) return true;
  if (std::isinf(theirs)) return std::abs(ours) > nearly_most && std::signbit(ours) == std::signbit(theirs);
  return std::abs(ours - theirs) <= std::abs(ours) * 1e-14;
}

/// Equal but for that, members in the same order.
bool same(const bj::value& ours, const bj::value& theirs) {
  if (ours.is_double() && theirs.is_double()) return close(ours.get_double(), theirs.get_double());
  if (ours.kind() != theirs.kind()) return false;
  if (const auto* array = ours.if_array()) {
    return std::ranges::equal(*array, theirs.get_array(), same);
  }
  if (const auto* object = ours.if_object()) {
    return std::ranges::equal(*object, theirs.get_object(), [](const auto& a, const auto& b) {
      return a.key() == b.key() && same(a.value(), b.value());
    });
  }
  return ours == theirs;
}

struct Extent {
  std::size_t depth = 0;
  std::size_t values = 1;
};

Extent extent_of(const bj::value& value) {
  Extent all;
  const auto take = [&all](const bj::value& item) {
    const Extent inner = extent_of(item);
    all.depth = std::max(all.depth, inner.depth);
    all.values += inner.values;
  };
  if (const auto* array = value.if_array()) {
    for (const auto& item : *array) take(item);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) take(member.value());
  } else {
    return all;
  }
  ++all.depth;
  return all;
}

void check_limits(std::string_view text, const bj::value& root) {
  const Extent extent = extent_of(root);
  PROPERTY(extent.depth <= json::Limits{}.depth_max);
  PROPERTY(json::parse(text, {.depth_max = extent.depth, .values_max = extent.values}).has_value());
  PROPERTY(json::parse(text, {.depth_max = extent.depth, .values_max = extent.values - 1}).has_error());
  if (extent.depth == 0) return;
  PROPERTY(json::parse(text, {.depth_max = extent.depth - 1, .values_max = extent.values}).has_error());
}

void check_members(std::string_view text, const bj::object& root) {
  const auto members = json::members(text);
  PROPERTY(members.size() == root.size());
  auto expected = root.begin();
  const char* at = text.data();
  for (const json::Member& member : members) {
    PROPERTY(member.name == expected->key());
    PROPERTY(member.whole.data() > at && member.value.data() > member.whole.data());
    at = member.whole.data() + member.whole.size();
    PROPERTY(member.value.data() + member.value.size() == at && at < text.data() + text.size());
    const auto value = json::parse(member.value);
    PROPERTY(value.has_value() && same(value->root, expected->value()));
    PROPERTY(json::find_member(text, member.name) == member.value);
    ++expected;
  }
}

void check_changes(std::string_view text, const bj::object& root) {
  PROPERTY(json::with_changes(text, {}) == text);
  std::vector<std::string> names{"not there"};
  if (!root.empty()) {
    names.emplace_back(root.begin()->key());
    names.emplace_back((root.end() - 1)->key());
    names.emplace_back((root.begin() + static_cast<std::ptrdiff_t>(root.size() / 2))->key());
  }
  for (const std::string& name : names) {
    for (const bool removed : {true, false}) {
      const std::array changes{json::Change{name, removed ? std::nullopt : std::optional<std::string>("[1,{}]")}};
      bj::object expected = root;
      if (removed) {
        expected.stable_erase(name);
      } else {
        expected[name] = bj::array{1, bj::object{}};
      }
      const auto changed = json::parse(json::with_changes(text, changes));
      PROPERTY(changed.has_value() && same(changed->root, expected));
    }
  }
}

void check_accepted(std::string_view text, const bj::value& root) {
  boost::system::error_code failure;
  bj::parse_options options;
  options.max_depth = boost_depth_max;
  const bj::value theirs = bj::parse(text, failure, {}, options);
  PROPERTY(!failure && same(root, theirs));
  PROPERTY(http::is_utf8(text) && text.find('\0') == std::string_view::npos);

  const std::string again = written(root);
  const auto reread = json::parse(again);
  PROPERTY(reread.has_value() && bj::serialize(reread->root) == bj::serialize(root) && written(reread->root) == again);
  const auto spaced = json::parse("\t\r\n " + std::string(text) + " \n");
  PROPERTY(spaced.has_value() && bj::serialize(spaced->root) == bj::serialize(root));

  check_limits(text, root);
  if (!root.is_object()) return;
  check_members(text, root.get_object());
  check_changes(text, root.get_object());
}

/// "<what> at line <l> column <c>", both within the text, and fit to be shown in an answer.
void check_refused(std::string_view text, const base::Error& error) {
  PROPERTY(error.code == base::ErrorCode::invalid_input && error.detail.empty());
  const std::string& message = error.message;
  const std::size_t line_at = message.rfind(" at line ");
  const std::size_t column_at = message.rfind(" column ");
  PROPERTY(line_at != std::string::npos && line_at > 0 && column_at != std::string::npos && column_at > line_at);
  const auto line = std::stoul(message.substr(line_at + 9));
  const auto column = std::stoul(message.substr(column_at + 8));
  PROPERTY(line >= 1 && line <= 1 + static_cast<std::size_t>(std::ranges::count(text, '\n')));
  PROPERTY(column >= 1 && column <= text.size() + 1);
  PROPERTY(message.size() < 600 && http::is_utf8(message));
  std::string answer;
  json::ObjectWriter(answer).string("error", message).end();
  PROPERTY(json::parse(answer).has_value());

  boost::system::error_code failure;
  bj::parse_options options;
  options.max_depth = boost_depth_max;
  const bj::value theirs = bj::parse(text, failure, {}, options);
  if (failure) return;
  PROPERTY(message.starts_with("duplicate key \"") || message.starts_with("U+0000 in a string") ||
           message.starts_with("number out of range"));
}

void check_strings(std::string_view text) {
  std::string quoted;
  json::append_string(quoted, text);
  const auto read = json::parse(quoted);
  const bool fit = http::is_utf8(text) && text.find('\0') == std::string_view::npos;
  PROPERTY(read.has_value() == fit);
  if (fit) PROPERTY(read->root.get_string() == bj::string_view(text.data(), text.size()));
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  const std::string_view text = fuzz::text_of(data, size);
  const auto document = json::parse(text);
  if (document) {
    fuzz::check_accepted(text, document->root);
  } else {
    fuzz::check_refused(text, document.error());
  }
  fuzz::check_strings(text);
  return 0;
}
