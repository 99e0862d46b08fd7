#pragma once
// The fields of a request body, JSON or form-urlencoded, judged as Django REST framework judges them, so that clients
// of such APIs find the sentences they know.

#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/message.h"

namespace parley::api {

/// One field as it was sent.
struct Field {
  enum class State { missing, null, not_text, text };
  State state = State::missing;
  std::string_view text;  ///< lives as long as the form
};

/// Whether white space alone makes a field blank.
enum class Blank { empty, white_space };

/// What is wrong with fields, in the order in which they were checked: the body of a 400.
class FieldErrors {
 public:
  void add(std::string_view field, std::string_view sentence);
  bool empty() const noexcept { return errors_.empty(); }
  /// {"field":["sentence.", …], …}
  http::Response response() const;

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> errors_;
};

class Form {
 public:
  /// The form of a request, or the 400 or 415 that refuses it. A request without a body has no fields.
  static std::variant<Form, http::Response> read(const http::Request& request);

  Field field(std::string_view name) const;

  /// The field's text where it was sent as one and is not blank; otherwise notes what is wrong with it.
  std::string_view required(std::string_view name, Blank blank, FieldErrors& errors) const;

  /// The text of a field that may be left out; null counts as left out.
  std::optional<std::string_view> optional(std::string_view name, FieldErrors& errors) const;

  /// The same for a whole number, as JSON or as text; for true or false.
  std::optional<std::int64_t> optional_integer(std::string_view name, FieldErrors& errors) const;
  std::optional<bool> optional_boolean(std::string_view name, FieldErrors& errors) const;

  /// All fields but `token` in one text that is the same however they were encoded and ordered.
  std::string canonical() const;

  /// Where the body was JSON but no object, the 400 that says so.
  std::optional<http::Response> not_a_dictionary() const;

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  explicit Form(std::variant<Pairs, boost::json::value> content) : content_(std::move(content)) {}

  const boost::json::value* json_value(std::string_view name) const;
  static std::variant<Form, http::Response> read_json(std::string_view body);
  static std::variant<Form, http::Response> read_urlencoded(std::string_view body);

  std::variant<Pairs, boost::json::value> content_;
};

/// True where every character is white space (Unicode's White_Space), or there is none.
bool is_blank(std::string_view utf8) noexcept;

}  // namespace parley::api
