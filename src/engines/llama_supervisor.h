#pragma once
// Keeps one llama-server running: starts it, waits until it has its model, starts it again when it ends, and takes it
// along when the server stops.

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "async/task.h"
#include "base/metrics.h"
#include "engines/child_process.h"
#include "engines/llama_command.h"
#include "upstream/client.h"

namespace parley::engines {

struct LlamaTimes {
  std::chrono::milliseconds health_every{200};
  std::chrono::milliseconds restart_first{1'000};  ///< doubles with each restart,
  std::chrono::milliseconds restart_max{60'000};   ///< up to this,
  std::chrono::milliseconds steady_after{60'000};  ///< until it was up for so long
  std::chrono::milliseconds end_max{5'000};        ///< from SIGTERM to SIGKILL
};

/// Hears on the supervisor's thread where llama-server is.
class LlamaListener {
 public:
  LlamaListener() = default;
  LlamaListener(const LlamaListener&) = delete;
  LlamaListener& operator=(const LlamaListener&) = delete;
  virtual ~LlamaListener() = default;

  /// It has its model, and answers who has the key. Each start has another port and key.
  virtual void llama_up(const std::string& origin, const std::string& key) = 0;
  /// It does not answer, and will not for about so long.
  virtual void llama_down(std::chrono::seconds about) = 0;
};

/// Has a thread of its own, which is the one that the child dies with.
class LlamaSupervisor : private ChildListener {
 public:
  /// Listener and metrics (null: none) outlive it.
  LlamaSupervisor(LlamaCommand command, LlamaTimes times, LlamaListener& listener, base::Metrics* metrics);
  /// Ends llama-server with SIGTERM, after LlamaTimes::end_max with SIGKILL; returns when it is gone.
  ~LlamaSupervisor() override;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Alarm = async::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  async::asio::wait_traits<std::chrono::steady_clock>, async::Executor>;

  async::Task<> supervise();
  /// One llama-server from its start to its end; returns how long it was up, nothing where it never was.
  async::Task<std::optional<std::chrono::milliseconds>> run_once();
  async::Task<bool> wait_until_healthy(const std::string& origin, std::uint16_t port);
  async::Task<bool> is_healthy(const std::string& origin);
  async::Task<> end_child();
  /// Returns sooner where the child ended or a stop was asked for.
  async::Task<> pause_until(SteadyTime time);
  void log_end(SteadyTime begun, bool was_up);
  bool over() const { return stopping_ || child_->end().has_value(); }

  void line(std::string_view text) override;
  void ended() override { alarm_.cancel(); }

  const LlamaCommand command_;
  const LlamaTimes times_;
  LlamaListener& listener_;
  base::Gauge* up_ = nullptr;
  base::Counter* restarts_ = nullptr;

  async::Loop loop_{"local-model"};
  upstream::Client client_{{&loop_.context()}};  ///< for /health only
  std::promise<void> finished_;

  // For the loop's thread alone.
  Alarm alarm_{loop_.executor()};
  std::unique_ptr<ChildProcess> child_;
  std::deque<std::string> last_lines_;  ///< of the time before it was up: after that they may hold what users said
  bool loading_ = false;
  int failed_loads_ = 0;  ///< in a row
  bool stopping_ = false;
};

}  // namespace parley::engines
