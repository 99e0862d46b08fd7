#pragma once
// An engine that is killed and comes back at its address: a real server, with real sockets that break.

#include <cstdint>
#include <memory>
#include <string>

#include "async/loop.h"
#include "base/error.h"
#include "http/server.h"
#include "prove/engine_answers.h"

namespace parley::prove {

/// For one thread, which runs no loop.
class DoomedEngine {
 public:
  DoomedEngine() = default;
  DoomedEngine(const DoomedEngine&) = delete;
  DoomedEngine& operator=(const DoomedEngine&) = delete;
  ~DoomedEngine();

  /// Takes a free port at the first time, and that one again later.
  base::Result<void> start();
  /// Cuts every connection where it is. Until start(), connections are refused.
  void kill();

  bool alive() const noexcept { return server_ != nullptr; }
  /// With the path under which OpenAI's API begins.
  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }

 private:
  base::Result<void> keep_port();

  EngineAnswers answers_;
  std::uint16_t port_ = 0;
  int port_keeper_ = -1;  ///< a socket that is bound to the port and never listens: nobody else gets it meanwhile
  std::unique_ptr<async::Loop> loop_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace parley::prove
