#include "http/connection.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <utility>

#include "http/response_stream.h"
#include "http/server_loop.h"

namespace parley::http {

namespace asio = async::asio;

Connection::Connection(ServerLoop& loop, Socket socket, std::string peer_address)
    : loop_(loop), socket_(std::move(socket)), input_(loop.buffers()), peer_address_(std::move(peer_address)) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
}

async::Task<> Connection::run() {
  for (bool open = true; open;) {
    open = (!input_.empty() || co_await wait_for_request()) && co_await exchange();
  }
}

async::Task<> Connection::turn_away() {
  const Halt full{Refusal{503, "The server has too many connections; try again shortly."}};
  Request unread;
  unread.id = loop_.request_ids().id_for("");
  co_await halted(full, unread);
}

async::Task<bool> Connection::wait_for_request() {
  deadline_ = loop_.deadline_after(loop_.limits().idle_deadline);
  warm_since_ = loop_.now();
  bool warm = loop_.buffers().lent() < loop_.limits().warm_buffers_per_loop;
  while (!loop_.stopping()) {
    if (warm) {
      begin_wait(Wait::warm);
      const auto [failed, bytes] = co_await socket_.async_read_some(input_.space(), asio::as_tuple(async::use_task));
      const Interruption why = end_wait();
      input_.commit(bytes);
      if (!failed) co_return true;
      input_.give_back_if_empty();
      if (why != Interruption::cooling) co_return false;
      warm = false;
    } else {
      begin_wait(Wait::cold);
      const auto [failed] = co_await socket_.async_wait(Socket::wait_read, asio::as_tuple(async::use_task));
      end_wait();
      if (failed) co_return false;
      boost::system::error_code unread;
      input_.commit(socket_.read_some(input_.space(), unread));
      if (!unread) co_return true;
      input_.give_back_if_empty();
      if (unread != asio::error::would_block) co_return false;
    }
  }
  co_return false;
}

async::Task<bool> Connection::exchange() {
  Request request;
  HeaderScan scan(loop_.limits());
  scan.advance(input_.data());
  if (!scan.complete()) {
    if (const auto halt = co_await read_head(scan)) {
      note_refused(input_.data(), request);
      co_return co_await halted(*halt, request);
    }
  }
  Framing framing;
  if (const auto refusal = take_head(scan, request, framing)) co_return co_await halted({refusal}, request);
  BodyShare share(loop_.service().bodies);
  if (framing.body != BodyFraming::none) {
    if (const auto halt = co_await read_body(framing, request.body, share)) {
      co_return co_await halted(*halt, request);
    }
  }
  input_.give_back_if_empty();
  Response response = co_await answer(request);
  if (!response.stream) co_return co_await respond(request, response, framing);
  // Many streams are open for long; what was asked has done its duty.
  request.headers = {};
  request.body = {};
  share.give_back();
  co_return co_await respond_bit_by_bit(request, *response.stream, framing);
}

void Connection::tick() {
  if (wait_ == Wait::nothing) return;
  if (loop_.now() >= deadline_) {
    interrupt(Interruption::deadline);
  } else if (wait_ == Wait::warm && loop_.now() - warm_since_ >= 2 * loop_.limits().tick) {
    interrupt(Interruption::cooling);
  }
}

void Connection::stop() {
  if (streaming_ != nullptr) stop_stream();
  if (wait_ == Wait::warm || wait_ == Wait::cold) interrupt(Interruption::deadline);
  // Half a request is not worth the grace that whole ones have.
  if (wait_ == Wait::head || wait_ == Wait::body) {
    deadline_ = std::min(deadline_, loop_.deadline_after(loop_.limits().linger_deadline));
  }
}

Connection::Interruption Connection::end_wait() noexcept {
  wait_ = Wait::nothing;
  return std::exchange(interruption_, Interruption::none);
}

void Connection::interrupt(Interruption why) {
  interruption_ = why;
  if (wait_ == Wait::stream) return wake_stream();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace parley::http
