#pragma once
// One client's connection: reads requests in order, has each answered, and ends. It lives on one loop.
//
// Between two requests it is *warm* at first: it reads into a buffer that it holds, which costs no system call but the
// read. After a tick, or where the loop has lent too many buffers, it is *cold*: it waits without a buffer, for one
// more system call when the client comes back.

#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
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
  enum class Wait : std::uint8_t { nothing, warm, cold, head, body, write, linger };
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

  // Each of these returns whether the connection goes on.
  async::Task<bool> wait_for_request();
  async::Task<bool> exchange();
  async::Task<bool> respond(const Request& request, Response& response, Framing framing);
  async::Task<bool> halted(Halt halt, std::string request_id, bool without_body);

  // Reading: each stops at the first reason to.
  async::Task<std::optional<Halt>> read_head(HeaderScan& scan);
  std::optional<Refusal> take_head(const HeaderScan& scan, Request& request, Framing& framing);
  async::Task<std::optional<Halt>> read_body(Framing framing, std::string& body, BodyShare& share);
  async::Task<std::optional<Halt>> read_sized_body(std::size_t bytes, std::string& body, BodyShare& share);
  async::Task<std::optional<Halt>> read_chunked_body(std::string& body, BodyShare& share);
  async::Task<std::optional<Halt>> read_more(Wait wait);
  async::Task<Read> read_some(async::asio::mutable_buffer into, Wait wait);

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
  Wait wait_ = Wait::nothing;
  Interruption interruption_ = Interruption::none;
};

}  // namespace parley::http
