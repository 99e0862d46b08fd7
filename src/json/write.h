#pragma once
// Compact writing of JSON, straight into a string.

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::json {

/// Appends `utf8` (valid UTF-8; copied as it is where it is not) as a JSON string: quoted, with '"', '\' and control
/// characters escaped as RFC 8259, section 7 asks, by the two-character escapes where there is one, else as \u00xx in
/// lower case. All else, '/' and U+007F included, stays as it is.
void append_string(std::string& out, std::string_view utf8);

/// Appends one object, its members in the order of the calls. Names are not checked for duplicates.
///
///   ObjectWriter(out).string("message", text).integer("balance", 3900).end();
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  ObjectWriter& string(std::string_view name, std::string_view utf8);
  ObjectWriter& integer(std::string_view name, std::int64_t number);
  ObjectWriter& boolean(std::string_view name, bool value);
  ObjectWriter& null(std::string_view name);
  /// `json` is one JSON value already written.
  ObjectWriter& raw(std::string_view name, std::string_view json);
  /// Closes the object; nothing may be called after it.
  void end() { out_ += '}'; }

 private:
  void name(std::string_view name);

  std::string& out_;
  bool empty_ = true;
};

}  // namespace parley::json
