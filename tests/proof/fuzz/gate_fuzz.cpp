// The bytes of a connection: header scan, gate, Beast's parser and chunk decoder, one request after the other. What is
// read may not depend on how the bytes are split, and a request that passes means the same to two other readers: Beast
// with its own framing, and the plain ones below, which take bytes as a whole.

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "harness.h"
#include "http/chunk_decoder.h"
#include "http/gate.h"
#include "http/head_parser.h"
#include "http/header_scan.h"

namespace parley::fuzz {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t body_bytes_max = 1000;
constexpr http::Limits usual_limits{};
constexpr http::Limits narrow_limits{.header_block_bytes_max = 200, .line_bytes_max = 60, .headers_max = 4};

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(),
                         [](unsigned char c) { return static_cast<char>(c < 0x80 ? std::tolower(c) : c); });
  return lowered;
}

// --- plain readers ---

struct PlainField {
  std::string name;  // in lower case
  std::string_view value;
};

struct PlainHead {
  std::string_view request_line;
  std::vector<PlainField> fields;

  std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(fields, name, &PlainField::name));
  }
  std::string_view value(std::string_view name) const {
    return std::ranges::find(fields, name, &PlainField::name)->value;
  }
};

/// Where the header block begins and ends, or nothing where there is no whole one, or one with what none may have.
std::optional<std::pair<std::size_t, std::size_t>> plain_extent(std::string_view bytes) {
  const std::size_t begin = bytes.starts_with("\r\n") ? 2 : 0;
  const std::size_t last = bytes.find("\r\n\r\n", begin);
  if (last == std::string_view::npos || bytes.substr(begin).starts_with("\r\n")) return std::nullopt;
  for (std::size_t i = begin; i < last + 4; ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c == '\r'   ? bytes[i + 1] != '\n'
        : c == '\n' ? i == begin || bytes[i - 1] != '\r'
                    : (c < 0x20 && c != '\t') || c == 0x7f) {
      return std::nullopt;
    }
  }
  return std::pair(begin, last + 4);
}

PlainHead plain_head(std::string_view block) {
  PlainHead head;
  head.request_line = block.substr(0, block.find("\r\n"));
  for (block.remove_prefix(head.request_line.size() + 2); block != "\r\n";) {
    const std::string_view line = block.substr(0, block.find("\r\n"));
    block.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find_first_of(": \t");
    PROPERTY(colon != std::string_view::npos && colon > 0 && line[colon] == ':');  // no folding, no space before it
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    head.fields.push_back({.name = lower(line.substr(0, colon)), .value = value});
  }
  return head;
}

struct PlainBody {
  std::string body;
  std::size_t taken = 0;
};

std::optional<PlainBody> plain_chunks(std::string_view bytes) {
  PlainBody read;
  const auto take = [&](std::size_t size) {
    const std::string_view taken = bytes.substr(read.taken, size);
    read.taken += size;
    return taken;
  };
  const auto take_line = [&]() -> std::optional<std::string_view> {
    const std::size_t end = bytes.find("\r\n", read.taken);
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = take(end - read.taken);
    take(2);
    return line;
  };
  for (;;) {
    const auto line = take_line();
    if (!line) return std::nullopt;
    const std::string digits(line->substr(0, line->find_first_not_of("0123456789abcdefABCDEF")));
    if (digits.empty() || (digits.size() < line->size() && !std::strchr(" ;", (*line)[digits.size()])))
      return std::nullopt;
    const std::size_t size = std::strtoull(digits.c_str(), nullptr, 16);
    if (size == 0) break;
    if (bytes.size() - read.taken < size + 2) return std::nullopt;
    read.body += take(size);
    if (take(2) != "\r\n") return std::nullopt;
  }
  for (;;) {
    const auto line = take_line();
    if (!line) return std::nullopt;
    if (line->empty()) return read;
  }
}

// --- Beast ---

bool beast_may_refuse(const PlainHead& head) {
  return head.count("content-length") > 0 &&
         std::strtoull(std::string(head.value("content-length")).c_str(), nullptr, 10) == ULLONG_MAX;
}

void check_against_beast(std::string_view block, const http::Passed& passed, const PlainHead& head) {
  beast::request_parser<beast::empty_body> parser;
  parser.header_limit(1 << 20);
  parser.body_limit(boost::none);
  boost::system::error_code failure;
  parser.put(boost::asio::buffer(block.data(), block.size()), failure);
  if (beast_may_refuse(head)) return;
  PROPERTY(!failure && parser.is_header_done());
  const http::Framing& framing = passed.framing;
  PROPERTY(parser.chunked() == (framing.body == http::BodyFraming::chunked));
  PROPERTY(parser.content_length().value_or(0) == framing.content_length);
  PROPERTY(parser.get().version() == (framing.version == http::Version::http_1_1 ? 11 : 10));
  const bool both = lower(parser.get()[beast::field::connection]).find("close") != std::string::npos;
  PROPERTY(parser.keep_alive() == framing.keep_alive || both);
}

void check_chunks(std::string_view bytes) {
  const auto plain = plain_chunks(bytes);
  const auto decode = [&](const Pieces& pieces) {
    http::ChunkDecoder decoder(body_bytes_max);
    std::string body;
    std::size_t taken = 0;
    for (const std::string_view piece : pieces) {
      const std::size_t now = decoder.decode(piece, body);
      taken += now;
      PROPERTY(now == piece.size() || decoder.complete() || decoder.refusal());
      if (decoder.complete() || decoder.refusal()) break;
    }
    PROPERTY(!(decoder.complete() && decoder.refusal()) && body.size() <= body_bytes_max && taken <= bytes.size());
    if (decoder.complete()) PROPERTY(plain && plain->body == body && plain->taken == taken);
    if (!decoder.complete() && !decoder.refusal()) PROPERTY(!plain && taken == bytes.size());
    if (decoder.refusal()) PROPERTY(!decoder.refusal()->sentence.empty());
    const int status = decoder.refusal() ? decoder.refusal()->status : 0;
    PROPERTY(status == 0 || status == 400 || status == 413 || status == 431);
    return std::to_string(decoder.complete()) + ' ' + std::to_string(status) + ' ' + std::to_string(taken) + ' ' + body;
  };
  const std::string whole = decode({bytes});
  PROPERTY(decode(byte_by_byte(bytes)) == whole);
  PROPERTY(decode(as_the_bytes_say(bytes)) == whole);
}

/// The same where there are no extensions, whose grammar Beast knows better and nobody cares for.
void check_chunks_against_beast(std::string_view bytes, std::string_view body) {
  if (bytes.find_first_of("; ") != std::string_view::npos) return;
  beast::request_parser<beast::string_body> parser;
  parser.eager(true);
  boost::system::error_code failure;
  const std::string_view head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string all = std::string(head) + std::string(bytes);
  std::size_t taken = parser.put(boost::asio::buffer(all), failure);
  while (!failure && !parser.is_done() && taken < all.size()) {
    const std::size_t now = parser.put(boost::asio::buffer(all) + taken, failure);
    if (now == 0) break;
    taken += now;
  }
  PROPERTY(!failure && parser.is_done() && taken == all.size() && parser.get().body() == body);
}

// --- heads ---

void check_passed(std::string_view block, const http::Passed& passed, bool beast_agrees, const http::Request& request) {
  const PlainHead head = plain_head(block);
  const http::Framing& framing = passed.framing;
  PROPERTY(head.count("host") == 1);
  PROPERTY(head.count("content-length") <= 1 && head.count("transfer-encoding") <= 1);
  PROPERTY(head.count("content-length") + head.count("transfer-encoding") <= 1);
  if (head.count("transfer-encoding") > 0) {
    PROPERTY(lower(head.value("transfer-encoding")) == "chunked" && framing.version == http::Version::http_1_1);
  }
  PROPERTY((framing.body == http::BodyFraming::chunked) == (head.count("transfer-encoding") > 0));
  if (head.count("content-length") > 0) {
    const std::string digits(head.value("content-length"));
    PROPERTY(!digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos);
    PROPERTY(framing.content_length == std::strtoull(digits.c_str(), nullptr, 10));
  }
  PROPERTY((framing.body == http::BodyFraming::length) == (framing.content_length > 0));
  if (framing.expects_continue) PROPERTY(head.count("expect") > 0 && framing.body != http::BodyFraming::none);

  const http::RequestLine& line = passed.line;
  const std::string target = std::string(line.path) + (line.query.empty() ? "" : "?" + std::string(line.query));
  const std::string_view sent = head.request_line;
  const std::string version = framing.version == http::Version::http_1_1 ? " HTTP/1.1" : " HTTP/1.0";
  PROPERTY(sent.starts_with(std::string(line.method) + ' ') && sent.ends_with(version));
  PROPERTY(line.path.starts_with('/') && target.find(' ') == std::string::npos);
  if (line.authority.empty()) {
    PROPERTY(sent == std::string(line.method) + ' ' + target + version ||
             sent == std::string(line.method) + ' ' + target + '?' + version);
  } else {
    PROPERTY(lower(line.authority) == lower(head.value("host")));
  }
  PROPERTY(http::find_request_id(block) == (head.count("request-id") > 0 ? head.value("request-id") : "") ||
           passed.request_id == (http::find_request_id(block)));

  PROPERTY(beast_agrees || beast_may_refuse(head));
  if (!beast_agrees) return;
  PROPERTY(request.headers.size() == head.fields.size() && request.path == line.path && request.query == line.query);
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    PROPERTY(lower(request.headers[i].name) == head.fields[i].name && request.headers[i].value == head.fields[i].value);
  }
  check_against_beast(block, passed, head);
}

/// A block means the same whatever the case of its headers' names.
void check_case(std::string_view block, bool passes) {
  std::string upper(block);
  bool in_name = false;
  for (char& c : upper) {
    if (c == '\n') in_name = true;
    if (c == ':') in_name = false;
    if (in_name && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  PROPERTY(std::holds_alternative<http::Passed>(http::inspect(upper)) == passes);
}

// --- a connection ---

/// Reads requests as http::Connection does, and writes down what it sees.
class Reader {
 public:
  explicit Reader(const http::Limits& limits) : limits_(limits), scan_(limits) {}

  void take(std::string_view piece) {
    if (ended_) return;
    input_ += piece;
    while (!ended_ && !input_.empty() && step()) {
    }
  }

  const std::string& seen() const { return seen_; }

 private:
  /// False where more bytes are needed.
  bool step() {
    if (decoder_) return read_chunks();
    if (body_left_ > 0) return read_sized();
    scan_->advance(input_);
    PROPERTY(!(scan_->complete() && scan_->refusal()));
    if (scan_->refusal()) return refuse(*scan_->refusal());
    if (!scan_->complete()) return false;
    return take_head();
  }

  bool take_head() {
    const std::string_view block = std::string_view(input_).substr(scan_->skipped(), scan_->end() - scan_->skipped());
    const auto inspected = http::inspect(block);
    check_case(block, std::holds_alternative<http::Passed>(inspected));
    if (const auto* refusal = std::get_if<http::Refusal>(&inspected)) {
      const auto id = http::find_request_id(block);
      PROPERTY(id.empty() || (id.data() >= block.data() && id.data() + id.size() <= block.data() + block.size()));
      return refuse(*refusal);
    }
    const auto& passed = std::get<http::Passed>(inspected);
    http::Request request;
    const bool beast_agrees = http::parse_head(block, passed.line, request);
    check_passed(block, passed, beast_agrees, request);
    if (!beast_agrees || passed.framing.content_length > body_bytes_max) return refuse({413, "too large"});
    seen_ +=
        "head " + std::to_string(scan_->skipped()) + ' ' + std::to_string(block.size()) + ' ' + request.path + '\n';
    if (!passed.framing.keep_alive) last_ = true;
    if (passed.framing.body == http::BodyFraming::chunked) decoder_.emplace(body_bytes_max);
    body_left_ = static_cast<std::size_t>(passed.framing.content_length);
    input_.erase(0, scan_->end());
    scan_.emplace(limits_);
    if (!decoder_ && body_left_ == 0) end_request();
    return true;
  }

  bool read_sized() {
    const std::size_t bytes = std::min(body_left_, input_.size());
    body_ += input_.substr(0, bytes);
    input_.erase(0, bytes);
    body_left_ -= bytes;
    if (body_left_ > 0) return false;
    end_request();
    return true;
  }

  bool read_chunks() {
    const std::size_t taken = decoder_->decode(input_, body_);
    chunks_ += input_.substr(0, taken);
    input_.erase(0, taken);
    if (decoder_->refusal()) return refuse(*decoder_->refusal());
    if (!decoder_->complete()) return false;
    check_chunks_against_beast(chunks_, body_);
    chunks_.clear();
    decoder_.reset();
    end_request();
    return true;
  }

  void end_request() {
    seen_ += "body " + body_ + '\n';
    body_.clear();
    ended_ = last_;
  }

  bool refuse(const http::Refusal& refusal) {
    constexpr int statuses[] = {400, 413, 414, 417, 431, 501, 505};
    PROPERTY(std::ranges::find(statuses, refusal.status) != std::end(statuses) && !refusal.sentence.empty());
    seen_ += "refused " + std::to_string(refusal.status) + ' ' + std::string(refusal.sentence) + '\n';
    ended_ = true;
    return false;
  }

  const http::Limits& limits_;
  std::optional<http::HeaderScan> scan_;
  std::optional<http::ChunkDecoder> decoder_;
  std::string input_;
  std::string chunks_;
  std::string body_;
  std::string seen_;
  std::size_t body_left_ = 0;
  bool last_ = false;
  bool ended_ = false;
};

std::string seen_in(const Pieces& pieces, const http::Limits& limits) {
  Reader reader(limits);
  for (const std::string_view piece : pieces) reader.take(piece);
  return reader.seen();
}

void check_scan(std::string_view bytes) {
  http::HeaderScan scan(usual_limits);
  scan.advance(bytes);
  const auto plain = plain_extent(bytes);
  if (scan.complete()) PROPERTY(plain && plain->first == scan.skipped() && plain->second == scan.end());
  if (!scan.complete() && !scan.refusal()) PROPERTY(!plain && bytes.size() <= usual_limits.header_block_bytes_max + 2);
  if (scan.refusal() && scan.refusal()->status == 400) PROPERTY(!plain);
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::fuzz;
  const std::string_view bytes = text_of(data, size);
  check_scan(bytes);
  for (const auto* limits : {&usual_limits, &narrow_limits}) {
    const std::string whole = seen_in({bytes}, *limits);
    PROPERTY(seen_in(byte_by_byte(bytes), *limits) == whole);
    PROPERTY(seen_in(as_the_bytes_say(bytes), *limits) == whole);
  }
  check_chunks(bytes);
  return 0;
}
