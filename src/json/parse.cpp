#include "json/parse.h"

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <forward_list>
#include <functional>
#include <optional>
#include <string>

#include "json/parse_error.h"

namespace parley::json {
namespace {

namespace bj = boost::json;
using boost::system::error_code;

/// Up to this many keys, comparing each with each beats sorting.
constexpr std::size_t pairwise_keys_max = 16;

struct Refusal {
  std::string what;
  std::optional<std::size_t> offset;  ///< nothing: where the parser stopped
};

struct Key {
  std::string_view name;
  std::optional<std::size_t> offset;  ///< unknown where the key is written with escapes
};

/// What `basic_parser` calls; builds the value and refuses what Boost.JSON would let pass.
class Builder {
 public:
  static constexpr std::size_t max_array_size = bj::array::max_size();
  static constexpr std::size_t max_object_size = bj::object::max_size();
  static constexpr std::size_t max_string_size = bj::string::max_size();
  static constexpr std::size_t max_key_size = bj::string::max_size();

  Builder(std::string_view text, std::size_t values_max, bj::storage_ptr storage, unsigned char* scratch,
          std::size_t scratch_size)
      : text_(text), values_max_(values_max), stack_(bj::storage_ptr(), scratch, scratch_size) {
    stack_.reset(std::move(storage));
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code& ec) { return counted(ec); }
  bool on_object_begin(error_code& ec) { return counted(ec); }
  bool on_array_end(std::size_t n, error_code&) {
    stack_.push_array(n);
    return true;
  }
  bool on_object_end(std::size_t n, error_code& ec);
  bool on_string_part(std::string_view part, std::size_t, error_code& ec) {
    if (!without_nul(part, ec)) return false;
    stack_.push_chars(part);
    return true;
  }
  bool on_string(std::string_view rest, std::size_t, error_code& ec) {
    if (!without_nul(rest, ec) || !counted(ec)) return false;
    stack_.push_string(rest);
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, error_code& ec);
  bool on_key(std::string_view rest, std::size_t, error_code& ec);
  bool on_number_part(std::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, std::string_view, error_code& ec) {
    if (!counted(ec)) return false;
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, std::string_view, error_code& ec) {
    if (!counted(ec)) return false;
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double approximate, std::string_view digits, error_code& ec);
  bool on_bool(bool value, error_code& ec) {
    if (!counted(ec)) return false;
    stack_.push_bool(value);
    return true;
  }
  bool on_null(error_code& ec) {
    if (!counted(ec)) return false;
    stack_.push_null();
    return true;
  }
  bool on_comment_part(std::string_view, error_code&) { return false; }
  bool on_comment(std::string_view, error_code&) { return false; }

  bj::value release() { return stack_.release(); }
  std::optional<Refusal> take_refusal() { return std::move(refusal_); }

 private:
  bool refuse(std::string what, std::optional<std::size_t> offset, error_code& ec) {
    refusal_ = {.what = std::move(what), .offset = offset};
    ec = bj::error::syntax;
    return false;
  }
  bool counted(error_code& ec) {
    if (++values_ <= values_max_) return true;
    return refuse("more than " + std::to_string(values_max_) + " values", std::nullopt, ec);
  }
  std::optional<std::size_t> offset_of(std::string_view part) const;
  bool without_nul(std::string_view part, error_code& ec);

  std::string_view text_;
  std::size_t values_max_;
  std::size_t values_ = 0;
  bj::value_stack stack_;
  boost::container::small_vector<Key, 24> keys_;  ///< of the objects that are open, outermost first
  std::string key_parts_;                         ///< of a key that is written with escapes
  std::forward_list<std::string> unescaped_keys_;
  std::optional<Refusal> refusal_;
};

/// Where `part` stands in the text, or nothing where the parser unescaped it into a buffer of its own.
std::optional<std::size_t> Builder::offset_of(std::string_view part) const {
  const std::less<const char*> before;
  if (before(part.data(), text_.data()) || before(text_.data() + text_.size(), part.data())) return std::nullopt;
  return static_cast<std::size_t>(part.data() - text_.data());
}

bool Builder::without_nul(std::string_view part, error_code& ec) {
  if (part.find('\0') == std::string_view::npos) return true;
  return refuse("U+0000 in a string", std::nullopt, ec);
}

bool Builder::on_key_part(std::string_view part, std::size_t, error_code& ec) {
  if (!without_nul(part, ec)) return false;
  key_parts_ += part;
  stack_.push_chars(part);
  return true;
}

bool Builder::on_key(std::string_view rest, std::size_t, error_code& ec) {
  if (!without_nul(rest, ec)) return false;
  const auto offset = offset_of(rest);
  if (key_parts_.empty() && offset) {
    keys_.push_back({.name = rest, .offset = *offset - 1});  // at its quote
  } else {
    key_parts_ += rest;
    keys_.push_back({.name = unescaped_keys_.emplace_front(std::move(key_parts_)), .offset = std::nullopt});
    key_parts_.clear();
  }
  stack_.push_key(rest);
  return true;
}

/// The later of two equal keys, or null. May reorder them.
const Key* find_duplicate(Key* first, Key* last) {
  if (static_cast<std::size_t>(last - first) <= pairwise_keys_max) {
    for (Key* key = first; key != last; ++key) {
      if (std::any_of(first, key, [key](const Key& earlier) { return earlier.name == key->name; })) return key;
    }
    return nullptr;
  }
  std::sort(first, last, [](const Key& a, const Key& b) {
    return a.name != b.name ? a.name < b.name : a.offset.value_or(0) < b.offset.value_or(0);
  });
  Key* found = std::adjacent_find(first, last, [](const Key& a, const Key& b) { return a.name == b.name; });
  return found == last ? nullptr : found + 1;
}

bool Builder::on_object_end(std::size_t n, error_code& ec) {
  Key* const last = keys_.data() + keys_.size();
  if (const Key* twice = find_duplicate(last - n, last)) {
    return refuse("duplicate key " + quoted_key(twice->name), twice->offset, ec);
  }
  keys_.resize(keys_.size() - n);
  stack_.push_object(n);
  return true;
}

// Boost.JSON 1.81 is inexact by some units in the last place, so the digits are read again.
bool Builder::on_double(double, std::string_view digits, error_code& ec) {
  double exact = 0;
  const bool whole = digits.find_first_of(".eE") == std::string_view::npos;
  if (whole || std::from_chars(digits.data(), digits.data() + digits.size(), exact).ec != std::errc()) {
    return refuse("number out of range", offset_of(digits), ec);
  }
  if (!counted(ec)) return false;
  stack_.push_double(exact);
  return true;
}

base::Error why_refused(std::string_view text, std::size_t stopped, Refusal refusal) {
  if (!refusal.offset && refusal.what.starts_with("U+0000")) refusal.offset = text.rfind("\\u0000", stopped);
  return error_at(text, refusal.offset.value_or(stopped), std::move(refusal.what));
}

}  // namespace

base::Result<Document> parse(std::string_view text, Limits limits) {
  constexpr std::size_t first_block_bytes_min = 512;
  std::array<unsigned char, 1024> scratch;  // NOLINT: filled before it is read
  bj::parse_options options;
  options.max_depth = limits.depth_max;
  bj::basic_parser<Builder> parser(
      options, text, limits.values_max,
      bj::make_shared_resource<bj::monotonic_resource>(std::max(first_block_bytes_min, 2 * text.size())),
      scratch.data(), scratch.size());
  error_code failure;
  const std::size_t stopped = parser.write_some(false, text.data(), text.size(), failure);
  if (auto refusal = parser.handler().take_refusal()) return why_refused(text, stopped, *std::move(refusal));
  if (failure || stopped < text.size()) return syntax_error(text, stopped, failure, limits.depth_max);
  return Document{.root = parser.handler().release()};
}

}  // namespace parley::json
