#include "http/gate.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "http/grammar.h"
#include "http/host.h"

namespace parley::http {
namespace {

constexpr std::string_view crlf = "\r\n";

struct Field {
  std::string_view name;
  std::string_view value;
};

/// What the header lines say that matters to the connection. A name that must be single counts its lines.
struct Fields {
  int hosts = 0;
  int content_lengths = 0;
  int transfer_encodings = 0;
  std::string_view host;
  std::string_view content_length;
  std::string_view transfer_encoding;
  std::string_view request_id;
  bool close = false;
  bool keep_alive = false;
  bool expects_continue = false;
  bool expects_other = false;
  bool connection_is_bad = false;
};

std::string_view take_line(std::string_view& block) noexcept {
  const std::size_t end = std::min(block.find(crlf), block.size());
  const std::string_view line = block.substr(0, end);
  block.remove_prefix(std::min(end + crlf.size(), block.size()));
  return line;
}

std::variant<Field, Refusal> split_field(std::string_view line) noexcept {
  if (line.front() == ' ' || line.front() == '\t') {
    return Refusal{400, "A header line begins with white space (line folding is obsolete)."};
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Refusal{400, "A header line has no colon."};
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return Refusal{400, "A header's name is invalid."};
  return Field{name, trimmed(line.substr(colon + 1))};
}

void note_connection(std::string_view options, Fields& fields) noexcept {
  while (!options.empty()) {
    const std::string_view option = take_list_element(options);
    fields.connection_is_bad = fields.connection_is_bad || !(option.empty() || is_token(option));
    fields.close = fields.close || equal_ignoring_case(option, "close");
    fields.keep_alive = fields.keep_alive || equal_ignoring_case(option, "keep-alive");
  }
}

void note(const Field& field, Fields& fields) noexcept {
  const auto named = [&field](std::string_view name) { return equal_ignoring_case(field.name, name); };
  if (named("host")) {
    ++fields.hosts;
    fields.host = field.value;
  } else if (named("content-length")) {
    ++fields.content_lengths;
    fields.content_length = field.value;
  } else if (named("transfer-encoding")) {
    ++fields.transfer_encodings;
    fields.transfer_encoding = field.value;
  } else if (named("connection")) {
    note_connection(field.value, fields);
  } else if (named("proxy-connection")) {
    Fields ignored;
    note_connection(field.value, ignored);
    fields.connection_is_bad = fields.connection_is_bad || ignored.connection_is_bad;
  } else if (named("expect")) {
    (equal_ignoring_case(field.value, "100-continue") ? fields.expects_continue : fields.expects_other) = true;
  } else if (named("request-id") && fields.request_id.empty()) {
    fields.request_id = field.value;
  }
}

std::optional<Refusal> read_fields(std::string_view lines, Fields& fields) noexcept {
  for (std::string_view line = take_line(lines); !line.empty(); line = take_line(lines)) {
    const auto split = split_field(line);
    if (const auto* refusal = std::get_if<Refusal>(&split)) return *refusal;
    note(std::get<Field>(split), fields);
  }
  return std::nullopt;
}

std::optional<Refusal> check_host(const Fields& fields, const RequestLine& line) noexcept {
  if (fields.hosts == 0) return Refusal{400, "The Host header is missing."};
  if (fields.hosts > 1) return Refusal{400, "There is more than one Host header."};
  if (!is_valid_host(fields.host)) return Refusal{400, "The Host header is invalid."};
  if (!line.authority.empty() && !equal_ignoring_case(line.authority, fields.host)) {
    return Refusal{400, "The request target and the Host header disagree."};
  }
  return std::nullopt;
}

// What ends with chunked and lists another coding before it is not wrong but unknown (RFC 9112 section 6.1); where
// chunked is not the last, the body's end is (section 6.3).
bool names_another_coding(std::string_view codings) noexcept {
  bool another = false;
  bool ends_chunked = false;
  while (!codings.empty()) {
    const std::string_view element = take_list_element(codings);
    const std::string_view coding = trimmed(element.substr(0, element.find(';')));
    if (!is_token(coding)) return false;
    another = another || !equal_ignoring_case(coding, "chunked");
    ends_chunked = equal_ignoring_case(element, "chunked");
  }
  return another && ends_chunked;
}

std::optional<Refusal> check_transfer_encoding(const Fields& fields, Version version) noexcept {
  if (version == Version::http_1_0) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding."};
  if (fields.content_lengths > 0) return Refusal{400, "There are both a Transfer-Encoding and a Content-Length."};
  if (fields.transfer_encodings > 1) return Refusal{400, "There is more than one Transfer-Encoding header."};
  if (equal_ignoring_case(fields.transfer_encoding, "chunked")) return std::nullopt;
  if (names_another_coding(fields.transfer_encoding)) {
    return Refusal{501, "The only transfer coding that is understood is chunked."};
  }
  return Refusal{400, "The Transfer-Encoding header is invalid."};
}

/// Nothing where it is not one run of digits.
std::optional<std::uint64_t> parse_content_length(std::string_view text) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    length = length > (most - digit) / 10 ? most : length * 10 + digit;
  }
  return length;
}

std::optional<Refusal> frame_body(const Fields& fields, Framing& framing) noexcept {
  if (fields.transfer_encodings > 0) {
    framing.body = BodyFraming::chunked;
    return check_transfer_encoding(fields, framing.version);
  }
  if (fields.content_lengths == 0) return std::nullopt;
  if (fields.content_lengths > 1) return Refusal{400, "There is more than one Content-Length header."};
  const auto length = parse_content_length(fields.content_length);
  if (!length) return Refusal{400, "The Content-Length header is invalid."};
  framing.body = *length > 0 ? BodyFraming::length : BodyFraming::none;
  framing.content_length = *length;
  return std::nullopt;
}

}  // namespace

std::variant<Passed, Refusal> inspect(std::string_view block) noexcept {
  const auto line = parse_request_line(take_line(block));
  if (const auto* refusal = std::get_if<Refusal>(&line)) return *refusal;
  Passed passed{.line = std::get<RequestLine>(line), .framing = {}, .request_id = {}};
  Framing& framing = passed.framing;
  framing.version = passed.line.version;

  Fields fields;
  if (const auto refusal = read_fields(block, fields)) return *refusal;
  if (const auto refusal = check_host(fields, passed.line)) return *refusal;
  if (const auto refusal = frame_body(fields, framing)) return *refusal;
  if (fields.connection_is_bad) return Refusal{400, "The Connection header is invalid."};
  const bool http_1_1 = framing.version == Version::http_1_1;
  if (http_1_1 && fields.expects_other) return Refusal{417, "The only expectation that is met is 100-continue."};

  framing.keep_alive = !fields.close && (http_1_1 || fields.keep_alive);
  framing.expects_continue = http_1_1 && fields.expects_continue && framing.body != BodyFraming::none;
  passed.request_id = fields.request_id;
  return passed;
}

std::string_view find_request_id(std::string_view block) noexcept {
  while (!block.empty()) {
    const std::string_view line = take_line(block);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (equal_ignoring_case(line.substr(0, colon), "request-id")) return trimmed(line.substr(colon + 1));
  }
  return {};
}

}  // namespace parley::http
