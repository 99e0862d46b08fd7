// Connection's writing side: from a response to bytes that the client has.

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <exception>

#include "base/log.h"
#include "http/connection.h"
#include "http/server_loop.h"

namespace parley::http {

namespace asio = async::asio;

namespace {

constexpr std::string_view internal_sentence = "An internal error occurred.";

/// What of head and body comes after the first `sent` bytes.
std::array<asio::const_buffer, 2> pieces_after(std::size_t sent, std::string_view head, std::string_view body) {
  const std::size_t of_head = std::min(sent, head.size());
  return {asio::buffer(head) + of_head, asio::buffer(body) + (sent - of_head)};
}

}  // namespace

async::Task<Response> Connection::answer(const Request& request) {
  try {
    co_return co_await loop_.service().handler(request);
  } catch (const std::exception& failure) {
    base::log(base::LogLevel::error, "handler_threw", {{"id", request.id}, {"what", failure.what()}});
  } catch (...) {
    base::log(base::LogLevel::error, "handler_threw", {{"id", request.id}});
  }
  co_return loop_.service().error_response(500, internal_sentence, request.path);
}

async::Task<bool> Connection::respond(const Request& request, Response& response, Framing framing) {
  const bool keep = framing.keep_alive && !loop_.stopping();
  const ResponseFrame frame{.date = loop_.date(),
                            .request_id = request.id,
                            .close = !keep,
                            .tell_keep_alive = framing.version == Version::http_1_0};
  std::string& head = loop_.scratch();
  write_head(head, response, frame);
  const bool without_body = request.method == Method::head || !has_content(response.status);
  const std::string_view body = without_body ? std::string_view() : std::string_view(response.body);

  const std::size_t sent = send_now(head, body);
  if (sent < head.size() + body.size() && !co_await send_rest(head, body, sent)) co_return false;
  if (keep) co_return true;
  co_await linger();
  co_return false;
}

async::Task<bool> Connection::halted(Halt halt, const Request& request) {
  if (!halt.refusal) co_return false;
  Response response = loop_.service().error_response(halt.refusal->status, halt.refusal->sentence, request.path);
  std::string head;
  write_head(head, response, {.date = loop_.date(), .request_id = request.id, .close = true});
  const bool without_body = request.method == Method::head;
  const std::string_view body = without_body ? std::string_view() : std::string_view(response.body);
  if (co_await send_rest(std::move(head), body, 0)) co_await linger();
  co_return false;
}

void Connection::write_head(std::string& head, Response& response, const ResponseFrame& frame) {
  head.clear();
  try {
    append_head(head, response, frame);
  } catch (const std::logic_error& failure) {
    base::log(base::LogLevel::error, "response_unfit", {{"id", frame.request_id}, {"what", failure.what()}});
    response = loop_.service().error_response(500, internal_sentence, "");
    append_head(head, response, frame);
  }
}

std::size_t Connection::send_now(std::string_view head, std::string_view body) {
  boost::system::error_code failed;  // send_rest() meets it again
  return socket_.write_some(pieces_after(0, head, body), failed);
}

async::Task<bool> Connection::send_rest(std::string head, std::string_view body, std::size_t sent) {
  while (sent < head.size() + body.size()) {
    deadline_ = loop_.deadline_after(loop_.limits().write_stall);
    begin_wait(Wait::write);
    const auto [failed, bytes] =
        co_await socket_.async_write_some(pieces_after(sent, head, body), asio::as_tuple(async::use_task));
    end_wait();
    if (failed) co_return false;
    sent += bytes;
  }
  co_return true;
}

// Closing at once would reset the connection where bytes of the client are still unread, and take our last ones with it
// (RFC 9112 section 9.6).
async::Task<> Connection::linger() {
  boost::system::error_code failed;
  socket_.shutdown(Socket::shutdown_send, failed);
  deadline_ = loop_.deadline_after(loop_.limits().linger_deadline);
  for (std::size_t drained = 0; drained < loop_.limits().linger_bytes_max && !failed;) {
    begin_wait(Wait::linger);
    const auto [ended, bytes] = co_await socket_.async_read_some(loop_.discard(), asio::as_tuple(async::use_task));
    end_wait();
    failed = ended;
    drained += bytes;
  }
}

}  // namespace parley::http
