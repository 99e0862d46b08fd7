#pragma once
// One client's connection: reads requests in order, has each answered, and ends. It lives on one loop.
//
// Between two requests it is *warm* at first: it reads into a buffer that it holds, which costs no system call but the
// read. After a tick, or where the loop has lent too many buffers, it is *cold*: it waits without a buffer, for one
// more system call when the client comes back.

#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/task.h"
#include "base/clock.h"
#include "http/body_budget.h"
#include "http/gate.h"
#include "http/header_scan.h"
#include "http/input_buffer.h"
#include "http/message.h"
#include "http/response_writer.h"
#include "http/service.h"
#include "http/socket.h"

namespace parley::http {

class ServerLoop;

class Connection : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Connection(ServerLoop& loop, Socket socket, std::string peer_address);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  /// Serves the client until the connection ends.
  async::Task<> run();
  /// Tells a client for which there is no room so, with 503, and ends.
  async::Task<> turn_away();

  /// Ends a wait whose deadline has passed, and the warmth of a connection that has been idle since the tick before.
  void tick();
  /// Ends a wait for a request.
  void stop();

 private:
  /// What the coroutine is suspended for; nothing while it runs, or a handler does.
  enum class Wait : std::uint8_t { nothing, warm, cold, head, body, stream, write, linger };
  /// Why a wait was ended from outside.
  enum class Interruption : std::uint8_t { none, deadline, cooling };
  /// Why a request goes no further. Without a refusal the client is gone, or has nothing to be told.
  struct Halt {
    std::optional<Refusal> refusal;
  };
  struct Read {
    std::size_t bytes = 0;
    std::optional<Halt> halt;
  };

  struct Streaming;
  enum class Came : std::uint8_t { bytes, too_many_bytes, end };

  // Each of these returns whether the connection goes on.
  async::Task<bool> wait_for_request();
  async::Task<bool> exchange();
  async::Task<bool> respond(const Request& request, Response& response, Framing framing);
  async::Task<bool> respond_bit_by_bit(const Request& request, ResponseStream& stream, Framing framing);
  async::Task<bool> halted(Halt halt, const Request& request);

  // Reading: each stops at the first reason to.
  async::Task<std::optional<Halt>> read_head(HeaderScan& scan);
  /// What can be told of a request whose header block is no good.
  void note_refused(std::string_view block, Request& request) const;
  std::optional<Refusal> take_head(const HeaderScan& scan, Request& request, Framing& framing);
  async::Task<std::optional<Halt>> read_body(Framing framing, std::string& body, BodyShare& share);
  async::Task<std::optional<Halt>> read_sized_body(std::size_t bytes, std::string& body, BodyShare& share);
  async::Task<std::optional<Halt>> read_chunked_body(std::string& body, BodyShare& share);
  async::Task<std::optional<Halt>> read_more(Wait wait);
  async::Task<Read> read_some(async::asio::mutable_buffer into, Wait wait);

  // Streaming.
  async::Task<bool> send_stream(const Request& request, ResponseStream& stream, Framing framing);
  async::Task<bool> wait_for_news(ResponseStream& stream);
  void watch_client(std::shared_ptr<Streaming> streaming);
  Came take_what_came();
  void wake_stream();
  void stop_stream();

  // Writing.
  async::Task<Response> answer(const Request& request);
  void write_head(std::string& head, Response& response, const ResponseFrame& frame);
  std::size_t send_now(std::string_view head, std::string_view body);
  async::Task<bool> send_rest(std::string head, std::string_view body, std::size_t sent);
  async::Task<> linger();

  void begin_wait(Wait wait) noexcept { wait_ = wait; }
  Interruption end_wait() noexcept;
  void interrupt(Interruption why);

  ServerLoop& loop_;
  Socket socket_;
  InputBuffer input_;
  std::string peer_address_;
  base::SteadyTime deadline_{};
  base::SteadyTime warm_since_{};
  Streaming* streaming_ = nullptr;  ///< while a response is streamed
  Wait wait_ = Wait::nothing;
  Interruption interruption_ = Interruption::none;
};

}  // namespace parley::http
