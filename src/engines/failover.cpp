#include "engines/failover.h"

#include <utility>

#include "base/log.h"

namespace parley::engines {
namespace {

/// Knows whether an engine has begun to answer.
class OpeningListener final : public ReplyListener {
 public:
  explicit OpeningListener(ReplyListener* listener) : listener_(listener) {}

  ReplyListener* get() noexcept { return listener_ == nullptr ? nullptr : this; }
  bool opened() const noexcept { return opened_; }

  void open() override {
    opened_ = true;
    listener_->open();
  }
  void hear(const Heard& heard) override { listener_->hear(heard); }

 private:
  ReplyListener* listener_;
  bool opened_ = false;
};

/// Whether another engine may do better.
bool engine_is_at_fault(const base::Error& error) noexcept {
  return error.code == base::ErrorCode::engine_failed || error.code == base::ErrorCode::engine_busy ||
         error.code == base::ErrorCode::engine_timeout;
}

}  // namespace

Failover::Failover(const std::string& model, std::vector<Server> servers, std::chrono::milliseconds whole_max,
                   base::Metrics* metrics)
    : servers_(std::move(servers)), whole_max_(whole_max) {
  if (metrics == nullptr) return;
  for (const Server& server : servers_) {
    base::MetricLabels labels{
        {"model", model}, {"engine", std::string(server.engine->name())}, {"upstream_model", server.upstream_model}};
    failovers_.push_back(&metrics->counter("parley_engine_failovers_total",
                                           "Calls that went on to the next engine of their model.", std::move(labels)));
  }
}

bool Failover::relays() const noexcept {
  return first(true) < servers_.size();
}

std::size_t Failover::first(bool relaying) const noexcept {
  return relaying && !servers_.front().engine->relays() ? next_after(0, true) : 0;
}

std::size_t Failover::next_after(std::size_t index, bool relaying) const noexcept {
  do ++index;
  while (index < servers_.size() && relaying && !servers_[index].engine->relays());
  return index;
}

void Failover::prepare(Call& call, std::size_t index, std::size_t next) const {
  call.model = servers_[index].upstream_model;
  call.last_resort = next == servers_.size();
  if (!call.deadline) call.deadline = std::chrono::steady_clock::now() + whole_max_;
}

void Failover::note(std::size_t index, std::size_t next, const base::Error& error) const {
  if (!failovers_.empty()) failovers_[index]->add();
  base::log(base::LogLevel::warning, "engine_failover",
            {{"from", servers_[index].engine->name()},
             {"to", servers_[next].engine->name()},
             {"error", base::name_of(error.code)}});
}

async::Task<base::Result<Reply>> Failover::generate(Prompt prompt, ReplyListener* listener) {
  OpeningListener opening(listener);
  std::size_t index = 0;
  for (std::size_t next = next_after(index, false); next < servers_.size(); next = next_after(index, false)) {
    prepare(prompt.call, index, next);
    Prompt asked = prompt;
    auto reply = co_await servers_[index].engine->generate(std::move(asked), opening.get());
    if (reply.has_value() || opening.opened() || !engine_is_at_fault(reply.error())) co_return reply;
    note(index, next, reply.error());
    index = next;
  }
  prepare(prompt.call, index, servers_.size());
  co_return co_await servers_[index].engine->generate(std::move(prompt), opening.get());
}

async::Task<base::Result<Reply>> Failover::relay(RelayedRequest request, ReplyListener* listener) {
  OpeningListener opening(listener);
  std::size_t index = first(true);
  for (std::size_t next = next_after(index, true); next < servers_.size(); next = next_after(index, true)) {
    prepare(request.call, index, next);
    RelayedRequest asked = request;
    auto reply = co_await servers_[index].engine->relay(std::move(asked), opening.get());
    if (reply.has_value() || opening.opened() || !engine_is_at_fault(reply.error())) co_return reply;
    note(index, next, reply.error());
    index = next;
  }
  prepare(request.call, index, servers_.size());
  co_return co_await servers_[index].engine->relay(std::move(request), opening.get());
}

}  // namespace parley::engines
