#include "http/head_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional/optional.hpp>
#include <limits>

namespace parley::http {
namespace {

namespace beast = boost::beast;

/// Takes the headers as Beast finds them. Bodies are no business of it.
class HeadParser final : public beast::http::basic_parser<true> {
 public:
  explicit HeadParser(std::vector<Header>& headers) : headers_(headers) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the gate has bounded it
    body_limit(boost::none);
  }

 private:
  using string_view = beast::string_view;
  using error_code = beast::error_code;

  void on_request_impl(beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, string_view name, string_view value, error_code&) override {
    headers_.push_back({.name = std::string(name), .value = std::string(value)});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}

  std::vector<Header>& headers_;
};

}  // namespace

bool parse_head(std::string_view block, const RequestLine& line, Request& request) {
  constexpr std::size_t usual_headers = 12;
  request.method = method_of(line.method);
  request.method_text = line.method;
  request.path = line.path;
  request.query = line.query;
  request.headers.clear();
  request.headers.reserve(usual_headers);
  HeadParser parser(request.headers);
  beast::error_code failed;
  const std::size_t taken = parser.put(boost::asio::buffer(block.data(), block.size()), failed);
  return !failed && parser.is_header_done() && taken == block.size();
}

}  // namespace parley::http
