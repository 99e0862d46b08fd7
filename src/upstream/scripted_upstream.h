#pragma once
// For tests: an HTTP server on a loopback socket that answers, stalls and fails on cue.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace parley::upstream {

/// What happens once a request has been read in full.
struct Cue {
  enum class Then { keep, close, reset, hang };

  std::string bytes;  ///< sent as they are
  Then then = Then::keep;
  std::chrono::milliseconds before_each_byte{0};
};

/// A well-formed reply with Content-Length; `headers` are whole lines with their line ends.
std::string http_reply(int status, const std::string& body, const std::string& headers = "");

/// Plays its cues in order, one for each request on any connection, and the last one again and again. Reads with one
/// thread per connection.
class ScriptedUpstream {
 public:
  explicit ScriptedUpstream(std::vector<Cue> cues, std::string unix_socket = "");
  ScriptedUpstream(const ScriptedUpstream&) = delete;
  ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;
  ~ScriptedUpstream();

  /// "http://127.0.0.1:<port>"
  std::string url() const;
  int port() const noexcept { return port_; }

  /// Connections accepted so far.
  int connections() const;
  /// Requests read so far, head and body as they came.
  std::vector<std::string> requests() const;
  void await_requests(std::size_t count) const;
  /// Waits until every connection but `count` was closed by the client.
  void await_open_connections(int count) const;

 private:
  void accept_all();
  void serve(int socket);
  bool read_request(int socket, std::string& buffer);
  bool play(int socket, const Cue& cue);
  Cue next_cue();

  std::vector<Cue> cues_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::size_t cues_played_ = 0;
  std::vector<std::string> requests_;
  std::vector<int> sockets_;
  int connections_ = 0;
  int open_ = 0;
  std::vector<std::thread> servers_;
  std::thread acceptor_;
};

/// A loopback port that refuses connections, and that nobody else can get meanwhile.
class RefusingPort {
 public:
  RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  ~RefusingPort();
  std::string url() const;

 private:
  int port_ = 0;
  int socket_;
};

}  // namespace parley::upstream
