#include "api/form.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <map>

#include "api/answers.h"
#include "http/form.h"
#include "http/grammar.h"
#include "json/parse.h"
#include "json/write.h"

namespace parley::api {
namespace {

constexpr std::size_t form_fields_max = 100;
/// A form has a few fields; a client that has not proved who it is gets no more of the event loop's time than that.
constexpr json::Limits form_limits{.depth_max = 32, .values_max = 1'000};
constexpr std::size_t media_type_shown_max = 100;

// UTF-8 of the code points with the property White_Space, beyond ASCII.
constexpr std::string_view wide_spaces[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
    "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A",
    "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

bool is_ascii_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

/// "application/json" of "application/json; charset=utf-8".
std::string_view media_type_of(std::string_view content_type) noexcept {
  return http::trimmed(content_type.substr(0, content_type.find(';')));
}

/// What may be shown of a media type: printable ASCII, cut where it is long.
std::string shown(std::string_view content_type) {
  std::string text(content_type.substr(0, media_type_shown_max));
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

// As Python names the types, since these sentences are Django REST framework's.
std::string_view type_name(const boost::json::value& value) noexcept {
  switch (value.kind()) {
    case boost::json::kind::null: return "NoneType";
    case boost::json::kind::bool_: return "bool";
    case boost::json::kind::int64:
    case boost::json::kind::uint64: return "int";
    case boost::json::kind::double_: return "float";
    case boost::json::kind::string: return "str";
    case boost::json::kind::array: return "list";
    case boost::json::kind::object: return "dict";
  }
  return "object";
}

/// A number or truth value as the text that a form would have sent.
std::string canonical_value(const boost::json::value& value) {
  std::string text = boost::json::serialize(value);
  const bool has_text_form = value.is_number() || value.is_bool();
  return has_text_form ? boost::json::serialize(boost::json::string(text)) : text;
}

}  // namespace

bool is_blank(std::string_view utf8) noexcept {
  while (!utf8.empty()) {
    if (is_ascii_space(utf8.front())) {
      utf8.remove_prefix(1);
      continue;
    }
    const auto* const space = std::ranges::find_if(wide_spaces, [&](auto wide) { return utf8.starts_with(wide); });
    if (space == std::end(wide_spaces)) return false;
    utf8.remove_prefix(space->size());
  }
  return true;
}

void FieldErrors::add(std::string_view field, std::string_view sentence) {
  const auto found = std::ranges::find(errors_, field, [](const auto& error) { return std::string_view(error.first); });
  if (found == errors_.end()) {
    errors_.emplace_back(std::string(field), std::vector{std::string(sentence)});
  } else {
    found->second.emplace_back(sentence);
  }
}

http::Response FieldErrors::response() const {
  std::string body = "{";
  for (const auto& [field, sentences] : errors_) {
    if (body.size() > 1) body += ',';
    json::append_string(body, field);
    body += ":[";
    for (const std::string& sentence : sentences) {
      if (&sentence != &sentences.front()) body += ',';
      json::append_string(body, sentence);
    }
    body += ']';
  }
  body += '}';
  return answer(400, std::move(body));
}

std::variant<Form, http::Response> Form::read(const http::Request& request) {
  if (request.body.empty()) return Form(Pairs());
  const std::string_view content_type = request.header("content-type").value_or("");
  const std::string_view media_type = media_type_of(content_type);
  if (http::equal_ignoring_case(media_type, "application/json")) return read_json(request.body);
  if (http::equal_ignoring_case(media_type, "application/x-www-form-urlencoded")) return read_urlencoded(request.body);
  return detail(415, "Unsupported media type \"" + shown(content_type) + "\" in request.");
}

std::variant<Form, http::Response> Form::read_json(std::string_view body) {
  auto document = json::parse(body, form_limits);
  if (document.has_error()) return detail(400, "JSON parse error - " + document.error().message);
  return Form(std::move(document->root));
}

std::variant<Form, http::Response> Form::read_urlencoded(std::string_view body) {
  auto pairs = http::decode_form(body, form_fields_max);
  if (!pairs) return detail(400, "Form parse error - the body is not valid application/x-www-form-urlencoded.");
  return Form(std::move(*pairs));
}

Field Form::field(std::string_view name) const {
  if (const auto* pairs = std::get_if<Pairs>(&content_)) {
    const auto last =
        std::find_if(pairs->rbegin(), pairs->rend(), [name](const auto& pair) { return pair.first == name; });
    if (last == pairs->rend()) return {};
    return {.state = Field::State::text, .text = last->second};
  }
  const boost::json::value* value = json_value(name);
  if (value == nullptr) return {};
  if (value->is_null()) return {.state = Field::State::null, .text = {}};
  const boost::json::string* text = value->if_string();
  if (text == nullptr) return {.state = Field::State::not_text, .text = {}};
  return {.state = Field::State::text, .text = std::string_view(text->data(), text->size())};
}

const boost::json::value* Form::json_value(std::string_view name) const {
  const auto* content = std::get_if<boost::json::value>(&content_);
  const auto* object = content == nullptr ? nullptr : content->if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

std::string_view Form::required(std::string_view name, Blank blank, FieldErrors& errors) const {
  const Field sent = field(name);
  switch (sent.state) {
    case Field::State::missing: errors.add(name, "This field is required."); return {};
    case Field::State::null: errors.add(name, "This field may not be null."); return {};
    case Field::State::not_text: errors.add(name, "Not a valid string."); return {};
    case Field::State::text: break;
  }
  if (blank == Blank::empty ? sent.text.empty() : is_blank(sent.text)) {
    errors.add(name, "This field may not be blank.");
    return {};
  }
  return sent.text;
}

std::optional<std::string_view> Form::optional(std::string_view name, FieldErrors& errors) const {
  const Field sent = field(name);
  if (sent.state == Field::State::not_text) errors.add(name, "Not a valid string.");
  if (sent.state != Field::State::text) return std::nullopt;
  return sent.text;
}

std::optional<std::int64_t> Form::optional_integer(std::string_view name, FieldErrors& errors) const {
  const Field sent = field(name);
  if (sent.state == Field::State::missing || sent.state == Field::State::null) return std::nullopt;
  if (const auto* value = json_value(name); value != nullptr && value->is_int64()) return value->get_int64();
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(sent.text.data(), sent.text.data() + sent.text.size(), number);
  if (failure == std::errc() && end == sent.text.data() + sent.text.size()) return number;
  errors.add(name, "A valid integer is required.");
  return std::nullopt;
}

std::optional<bool> Form::optional_boolean(std::string_view name, FieldErrors& errors) const {
  const Field sent = field(name);
  if (sent.state == Field::State::missing || sent.state == Field::State::null) return std::nullopt;
  if (const auto* value = json_value(name); value != nullptr && value->is_bool()) return value->get_bool();
  if (sent.text == "true" || sent.text == "1") return true;
  if (sent.text == "false" || sent.text == "0") return false;
  errors.add(name, "Must be a valid boolean.");
  return std::nullopt;
}

std::string Form::canonical() const {
  std::map<std::string, std::string, std::less<>> fields;
  if (const auto* pairs = std::get_if<Pairs>(&content_)) {
    for (const auto& [name, value] : *pairs) fields[name] = boost::json::serialize(boost::json::string(value));
  } else if (const auto* object = std::get<boost::json::value>(content_).if_object()) {
    for (const auto& member : *object) fields[member.key()] = canonical_value(member.value());
  }
  fields.erase("token");
  std::string text;
  for (const auto& [name, value] : fields) {
    json::append_string(text, name);
    text.append(":").append(value).append("\n");
  }
  return text;
}

std::optional<http::Response> Form::not_a_dictionary() const {
  const auto* value = std::get_if<boost::json::value>(&content_);
  if (value == nullptr || value->is_object()) return std::nullopt;
  FieldErrors errors;
  errors.add("non_field_errors",
             "Invalid data. Expected a dictionary, but got " + std::string(type_name(*value)) + ".");
  return errors.response();
}

}  // namespace parley::api
