// Connection's streaming side: a response that comes bit by bit, to a client that may leave at any moment.

#include <sys/socket.h>

#include "async/event.h"
#include "http/connection.h"
#include "http/response_stream.h"
#include "http/server_loop.h"

namespace parley::http {

/// Shared with the handler that waits for the client to leave, which may run after the connection's end.
struct Connection::Streaming {
  Streaming(const async::Executor& executor, ResponseStream& its_stream) : stream(its_stream), news(executor) {}

  ResponseStream& stream;  ///< there until it is over
  async::Event news;       ///< of the stream, the client, or the clock
  bool client_left = false;
  bool over = false;  ///< the connection may be gone
};

async::Task<bool> Connection::respond_bit_by_bit(const Request& request, ResponseStream& stream, Framing framing) {
  const auto streaming = std::make_shared<Streaming>(loop_.context().get_executor(), stream);
  streaming_ = streaming.get();
  watch_client(streaming);
  stream.start([streaming] { streaming->news.set(); });
  if (loop_.stopping()) stream.stopping();
  const bool open = co_await send_stream(request, stream, framing);
  streaming->over = true;
  streaming_ = nullptr;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  co_return open && !streaming->client_left;
}

async::Task<bool> Connection::send_stream(const Request& request, ResponseStream& stream, Framing framing) {
  std::optional<Response> head = stream.head();
  for (; !head; head = stream.head()) {
    if (!co_await wait_for_news(stream)) co_return false;
  }
  if (stream.ended()) co_return co_await respond(request, *head, framing);

  const bool chunked = framing.version == Version::http_1_1;
  const bool keep = framing.keep_alive && chunked && !loop_.stopping();
  std::string out;
  write_head(out, *head,
             {.date = loop_.date(),
              .request_id = request.id,
              .close = !keep,
              .body_end = chunked ? BodyEnd::chunked : BodyEnd::close});
  for (bool more = request.method != Method::head; more || !out.empty();) {
    if (more) {
      const std::string bytes = stream.take();
      chunked ? append_chunk(out, bytes) : void(out += bytes);
      more = !stream.ended();
      if (!more && chunked) out += last_chunk;
    }
    if (out.empty()) {
      if (more && !co_await wait_for_news(stream)) co_return false;
      continue;
    }
    const std::size_t sent = send_now(out, "");
    if (sent < out.size()) {
      stream.stalled(true);
      if (!co_await send_rest(std::move(out), "", sent)) co_return false;
      stream.stalled(false);
    }
    out.clear();
  }
  if (keep) co_return true;
  co_await linger();
  co_return false;
}

/// Until there may be more; false where the client has left.
async::Task<bool> Connection::wait_for_news(ResponseStream& stream) {
  if (streaming_->client_left || stream.broken()) co_return false;
  deadline_ = loop_.deadline_after(loop_.limits().stream_silence);
  begin_wait(Wait::stream);
  co_await streaming_->news.wait();
  if (end_wait() == Interruption::deadline) stream.keep_alive();
  co_return !streaming_->client_left && !stream.broken();
}

void Connection::watch_client(std::shared_ptr<Streaming> streaming) {
  socket_.async_wait(Socket::wait_read, [this, streaming](const boost::system::error_code& failed) {
    if (failed || streaming->over) return;
    switch (take_what_came()) {
      case Came::bytes: return watch_client(streaming);
      case Came::too_many_bytes: return;  // it is no longer watched: the next write will show
      case Came::end: break;
    }
    streaming->client_left = true;
    streaming->news.set();
    if (wait_ == Wait::write) interrupt(Interruption::deadline);
  });
}

/// What a client sends meanwhile is its next request. A look before the read saves a buffer for all that send nothing.
Connection::Came Connection::take_what_came() {
  char first = 0;
  const ssize_t seen = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (seen < 0) return errno == EAGAIN || errno == EINTR ? Came::bytes : Came::end;
  if (seen == 0) return Came::end;
  const auto space = input_.space();
  if (space.size() == 0) return Came::too_many_bytes;
  boost::system::error_code failed;
  input_.commit(socket_.read_some(space, failed));
  return failed ? Came::end : Came::bytes;
}

void Connection::wake_stream() {
  streaming_->news.set();
}

void Connection::stop_stream() {
  streaming_->stream.stopping();
  streaming_->news.set();
}

}  // namespace parley::http
