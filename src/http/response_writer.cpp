#include "http/response_writer.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <stdexcept>

#include "http/grammar.h"

namespace parley::http {
namespace {

void check(std::string_view name, std::string_view value) {
  if (!is_token(name) || std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; })) {
    throw std::logic_error("a response's header is invalid: " + std::string(name));
  }
}

void check(const Response& response) {
  if (response.status < 200 || response.status > 999) throw std::logic_error("a response's status is invalid");
  check("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) check(name, value);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), written.ptr);
}

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(status));
  out.append(" ").append(reason_of(status)).append("\r\n");
}

void append_framing(std::string& out, const Response& response, BodyEnd end) {
  switch (end) {
    case BodyEnd::length:
      out += "Content-Length: ";
      append_number(out, response.body.size());
      out += "\r\n";
      break;
    case BodyEnd::chunked: out += "Transfer-Encoding: chunked\r\n"; break;
    case BodyEnd::close: break;
  }
}

bool sets(const Response& response, std::string_view name) {
  return std::ranges::any_of(response.headers,
                             [name](const auto& header) { return equal_ignoring_case(header.first, name); });
}

}  // namespace

bool has_content(int status) noexcept {
  return status != 204 && status != 304;
}

std::string_view reason_of(int status) noexcept {
  const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  if (known == boost::beast::http::status::unknown) return "";
  const auto reason = boost::beast::http::obsolete_reason(known);
  return {reason.data(), reason.size()};
}

void append_chunk(std::string& out, std::string_view bytes) {
  if (bytes.empty()) return;
  std::array<char, 16> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16);
  out.append(digits.data(), written.ptr).append("\r\n").append(bytes).append("\r\n");
}

void append_head(std::string& out, const Response& response, const ResponseFrame& frame) {
  check(response);
  append_status_line(out, response.status);
  append_header(out, "Date", frame.date);
  if (has_content(response.status)) {
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    append_framing(out, response, frame.body_end);
  }
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (!sets(response, "Cache-Control")) out += "Cache-Control: no-store\r\n";
  out += "X-Content-Type-Options: nosniff\r\n";
  append_header(out, "Request-Id", frame.request_id);
  if (frame.close) {
    out += "Connection: close\r\n";
  } else if (frame.tell_keep_alive) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

}  // namespace parley::http
