#include "engines/model_server.h"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "base/log.h"

namespace parley::engines {
namespace {

namespace asio = async::asio;
using std::chrono::milliseconds;
using SteadyTimer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                               async::Executor>;

constexpr int unanswered_tries_max = 2;

milliseconds up_to(milliseconds most) {
  std::random_device random;
  return milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, most.count())(random));
}

bool of_our_own_limits(const upstream::Outcome& outcome) noexcept {
  return outcome.has_error() && (outcome.error().kind == upstream::FailureKind::out_of_time ||
                                 outcome.error().kind == upstream::FailureKind::oversize_reply);
}

/// At least a millisecond is left, so that a call without any ends as one that took too long.
void shorten(upstream::Limits& limits, const Call& call) {
  if (!call.deadline) return;
  const auto left = std::chrono::floor<milliseconds>(*call.deadline - std::chrono::steady_clock::now());
  limits.whole = std::clamp(left, milliseconds(1), std::max(limits.whole, milliseconds(1)));
}

async::Task<void> pause(milliseconds duration) {
  SteadyTimer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(async::use_task);
}

}  // namespace

ModelServer::ModelServer(std::string engine, upstream::Client& client, const base::Clock& clock, base::Metrics* metrics,
                         RetryLimits retries, RestLimits rest)
    : ModelServer(std::move(engine), client, clock, std::optional<EngineFigures>(), retries, rest) {
  if (metrics != nullptr) figures_.emplace(*metrics, engine_);
}

ModelServer::ModelServer(std::string engine, upstream::Client& client, const base::Clock& clock,
                         std::optional<EngineFigures> figures, RetryLimits retries, RestLimits rest)
    : engine_(std::move(engine)), figures_(figures), client_(client), retries_(retries), rest_(clock, rest) {}

async::Task<base::Result<Reply>> ModelServer::ask(upstream::Request request, const Call& call, ReadReply read) {
  CO_TRY(Rest::Pass pass, rest_.admit());
  shorten(request.limits, call);
  const upstream::Outcome outcome = co_await send_patiently(std::move(request), call.last_resort, nullptr);
  grant_patience(outcome, call, pass);
  co_return conclude(outcome, read, pass);
}

async::Task<base::Result<Reply>> ModelServer::listen(upstream::Request request, const Call& call, ReplyStream& stream) {
  CO_TRY(Rest::Pass pass, rest_.admit());
  shorten(request.limits, call);
  const upstream::Outcome outcome = co_await send_patiently(std::move(request), call.last_resort, &stream);
  grant_patience(outcome, call, pass);
  co_return conclude(outcome, stream, pass);
}

void ModelServer::grant_patience(const upstream::Outcome& outcome, const Call& call, Rest::Pass& pass) {
  if (call.last_resort) return;
  const auto verdict = judge(outcome);
  if (verdict && verdict->asked_patience) pass.asked_patience(*verdict->asked_patience);
}

base::Result<Reply> ModelServer::conclude(const upstream::Outcome& outcome, const ReadReply& read, Rest::Pass& pass) {
  if (const auto verdict = judge(outcome)) {
    note(*verdict, pass);
    return verdict->error;
  }
  auto reply = read(outcome->body);
  if (reply.has_error()) {
    // What a reply holds can be the prompt's doing: one user must not rest the engine for all.
    note({.error = reply.error(), .engine_at_fault = false}, pass);
  } else {
    pass.succeeded();
  }
  return reply;
}

base::Result<Reply> ModelServer::conclude(const upstream::Outcome& outcome, ReplyStream& stream, Rest::Pass& pass) {
  auto verdict = judge(outcome);
  if (!verdict && stream.complete()) {
    pass.succeeded();
    return stream.take_reply();
  }
  if (verdict && of_our_own_limits(outcome) && stream.said_something()) {
    Reply reply = stream.take_reply();
    if (stream.finished()) return reply;  // only what follows the whole answer was cut
    reply.finish_reason = "length";
    reply.cut_off = true;
    return reply;
  }
  if (!stream.fault().empty()) verdict = Verdict{.error = engine_failed(stream.fault()), .engine_at_fault = false};
  if (const auto complaint = stream.complaint()) verdict = complaint;
  if (!verdict) verdict = Verdict{.error = engine_failed("the stream ended without its last event")};
  note(*verdict, pass);
  return verdict->error;
}

async::Task<upstream::Outcome> ModelServer::send_patiently(upstream::Request request, bool last_resort,
                                                           upstream::BodySink* sink) {
  const auto deadline = std::chrono::steady_clock::now() + request.limits.whole;
  for (int tries = 1;; ++tries) {
    upstream::Outcome outcome = co_await client_.send(request, sink);
    if (figures_) {
      figures_->tried();
      if (outcome.has_value()) figures_->first_byte(outcome->first_byte);
    }
    const auto verdict = judge(outcome);
    if (!verdict || !last_resort) co_return outcome;
    const auto left = std::chrono::floor<milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto wait = wait_before_next(*verdict, tries, left);
    if (!wait) co_return outcome;
    co_await pause(*wait);
    request.limits.whole = left - *wait;
  }
}

std::optional<milliseconds> ModelServer::wait_before_next(const Verdict& verdict, int tries, milliseconds left) const {
  const int tries_max = verdict.retry == Retry::never  ? 1
                        : verdict.retry == Retry::once ? std::min(unanswered_tries_max, retries_.tries_max)
                                                       : retries_.tries_max;
  if (tries >= tries_max) return std::nullopt;
  const milliseconds backoff = up_to(retries_.backoff_first * (1 << (tries - 1)));
  const milliseconds wait = verdict.asked_patience ? *verdict.asked_patience + backoff : backoff;
  if (wait > retries_.wait_max || wait >= left) return std::nullopt;
  return wait;
}

void ModelServer::note(const Verdict& verdict, Rest::Pass& pass) {
  using base::LogLevel;
  if (figures_) figures_->failed(verdict.error.code);
  if (verdict.key_refused) {
    if (rest_.first_complaint()) {
      base::log(LogLevel::error, "engine_key_refused", {{"engine", engine_}, {"detail", verdict.error.detail}});
    }
  } else {
    base::log(LogLevel::warning, "engine_call_failed",
              {{"engine", engine_}, {"error", base::name_of(verdict.error.code)}, {"detail", verdict.error.detail}});
  }
  if (verdict.engine_at_fault) pass.failed();
}

}  // namespace parley::engines
