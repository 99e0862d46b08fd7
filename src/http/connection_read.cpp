// Connection's reading side: from bytes to a whole request.

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <limits>

#include "base/log.h"
#include "http/chunk_decoder.h"
#include "http/connection.h"
#include "http/head_parser.h"
#include "http/server_loop.h"

namespace parley::http {

namespace asio = async::asio;

namespace {

constexpr Refusal too_large{413, "The body is too large."};
constexpr Refusal no_room{503, "The server is holding too many large requests; try again shortly."};
constexpr Refusal too_slow{408, "The request took too long to arrive."};

// Bodies up to this size get their memory at once; larger ones as their bytes come.
constexpr std::size_t body_step_bytes = 64 * 1024;

}  // namespace

async::Task<std::optional<Connection::Halt>> Connection::read_head(HeaderScan& scan) {
  deadline_ = loop_.deadline_after(loop_.limits().header_deadline);
  while (!scan.complete()) {
    if (scan.refusal()) co_return Halt{scan.refusal()};
    if (const auto halt = co_await read_more(Wait::head)) co_return halt;
    scan.advance(input_.data());
  }
  co_return std::nullopt;
}

std::optional<Refusal> Connection::take_head(const HeaderScan& scan, Request& request, Framing& framing) {
  const std::string_view block = input_.data().substr(scan.skipped(), scan.end() - scan.skipped());
  const auto inspected = inspect(block);
  if (const auto* refusal = std::get_if<Refusal>(&inspected)) {
    note_refused(block, request);
    return *refusal;
  }
  const auto& passed = std::get<Passed>(inspected);
  framing = passed.framing;
  request.id = loop_.request_ids().id_for(passed.request_id);
  request.peer_address = peer_address_;
  if (framing.body == BodyFraming::length && framing.content_length == std::numeric_limits<std::uint64_t>::max()) {
    return too_large;  // Beast would call it malformed
  }
  if (!parse_head(block, passed.line, request)) {
    base::log(base::LogLevel::warning, "gate_and_parser_disagree", {{"id", request.id}});
    return Refusal{400, "The request is malformed."};
  }
  input_.consume(scan.end());
  return std::nullopt;
}

void Connection::note_refused(std::string_view block, Request& request) const {
  request.id = loop_.request_ids().id_for(find_request_id(block));
  if (block.starts_with("HEAD ")) request.method = Method::head;
}

async::Task<std::optional<Connection::Halt>> Connection::read_body(Framing framing, std::string& body,
                                                                   BodyShare& share) {
  if (framing.content_length > loop_.limits().body_bytes_max) co_return Halt{too_large};
  const auto bytes = static_cast<std::size_t>(framing.content_length);
  if (framing.body == BodyFraming::length && input_.size() >= bytes) {
    body = input_.data().substr(0, bytes);
    input_.consume(bytes);
    co_return std::nullopt;
  }
  if (framing.expects_continue && input_.empty()) {
    // What can't be sent now will show in the next read.
    if (!co_await send_rest("HTTP/1.1 100 Continue\r\n\r\n", "", 0)) co_return Halt{};
  }
  deadline_ = loop_.deadline_after(loop_.limits().body_deadline);
  if (framing.body == BodyFraming::chunked) co_return co_await read_chunked_body(body, share);
  co_return co_await read_sized_body(bytes, body, share);
}

async::Task<std::optional<Connection::Halt>> Connection::read_sized_body(std::size_t bytes, std::string& body,
                                                                         BodyShare& share) {
  body = input_.data();
  input_.consume(body.size());
  input_.give_back_if_empty();
  std::size_t filled = body.size();
  while (filled < bytes) {
    if (filled == body.size()) {
      const std::size_t room = std::min(bytes, std::max(body_step_bytes, 2 * filled));
      if (!share.grow_to(room)) co_return Halt{no_room};
      body.resize(room);
    }
    const Read read = co_await read_some(asio::buffer(body.data() + filled, body.size() - filled), Wait::body);
    if (read.halt) co_return read.halt;
    filled += read.bytes;
  }
  co_return std::nullopt;
}

async::Task<std::optional<Connection::Halt>> Connection::read_chunked_body(std::string& body, BodyShare& share) {
  ChunkDecoder decoder(loop_.limits().body_bytes_max);
  for (;;) {
    input_.consume(decoder.decode(input_.data(), body));
    if (decoder.complete()) co_return std::nullopt;
    if (decoder.refusal()) co_return Halt{decoder.refusal()};
    if (!share.grow_to(body.size())) co_return Halt{no_room};
    if (const auto halt = co_await read_more(Wait::body)) co_return halt;
  }
}

async::Task<std::optional<Connection::Halt>> Connection::read_more(Wait wait) {
  const Read read = co_await read_some(input_.space(), wait);
  input_.commit(read.bytes);
  co_return read.halt;
}

async::Task<Connection::Read> Connection::read_some(asio::mutable_buffer into, Wait wait) {
  begin_wait(wait);
  const auto [failed, bytes] = co_await socket_.async_read_some(into, asio::as_tuple(async::use_task));
  const Interruption why = end_wait();
  if (!failed) co_return Read{.bytes = bytes, .halt = std::nullopt};
  if (why == Interruption::deadline) co_return Read{.bytes = 0, .halt = Halt{too_slow}};
  co_return Read{.bytes = 0, .halt = Halt{}};
}

}  // namespace parley::http
