#pragma once
// For tests: a server on a free loopback port with two loops and a handler that says what it was asked.

#include <atomic>
#include <functional>
#include <string>

#include "async/loop.h"
#include "http/server.h"

namespace parley::http {

/// Waits until that is so; throws after 10 seconds.
void await(const std::function<bool()>& condition);

/// Limits whose deadlines never come, and a tick that is quick to act.
Limits patient_limits();

/// Answers with the method, path, query, peer and body as lines of text; but
/// - /throw throws, /split returns a header that would split the response;
/// - /wait answers once `release` is set, and counts in `waiting` meanwhile;
/// - /large?N has a body of N bytes;
/// - /no-content has status 204.
class TestServer {
 public:
  explicit TestServer(Limits limits = patient_limits());
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer();

  Server& server() noexcept { return server_; }
  std::uint16_t port() const noexcept { return server_.port(); }
  void await_waiting(int count) const;
  void await_connections(std::size_t count) const;
  /// Until both loops have done what was posted to them before.
  void await_loops();

  std::atomic<bool> release{false};
  std::atomic<int> waiting{0};
  std::atomic<int> answered{0};  ///< by the handler

 private:
  async::Task<Response> answer(const Request& request);

  async::Loop first_{"first"};
  async::Loop second_{"second"};
  Server server_;
};

}  // namespace parley::http
