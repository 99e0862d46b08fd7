#pragma once
// One model, served by several engines: the next one answers where the one before could not begin to.

#include <chrono>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "engines/engine.h"

namespace parley::engines {

/// An engine that serves a model, and its name for it.
struct Server {
  Engine* engine = nullptr;
  std::string upstream_model;
};

/// Asks the engines in their order. What had begun to answer is not asked for again elsewhere, nor is a request that an
/// engine refused for what it is. All of it ends within one deadline.
class Failover final : public Engine {
 public:
  /// At least one server; engines and metrics (null: none) outlive this. `model` is for the metrics.
  Failover(const std::string& model, std::vector<Server> servers, std::chrono::milliseconds whole_max,
           base::Metrics* metrics);

  std::string_view name() const noexcept override { return servers_.front().engine->name(); }
  /// Whether any of them relays; those that don't are not asked to.
  bool relays() const noexcept override;

  async::Task<base::Result<Reply>> generate(Prompt prompt, ReplyListener* listener) override;
  async::Task<base::Result<Reply>> relay(RelayedRequest request, ReplyListener* listener) override;

 private:
  /// The index of the server to ask after that one; their number where there is none.
  std::size_t next_after(std::size_t index, bool relaying) const noexcept;
  std::size_t first(bool relaying) const noexcept;
  void prepare(Call& call, std::size_t index, std::size_t next) const;
  void note(std::size_t index, std::size_t next, const base::Error& error) const;

  std::vector<Server> servers_;
  std::chrono::milliseconds whole_max_;
  std::vector<base::Counter*> failovers_;  ///< from the server of the same place
};

}  // namespace parley::engines
