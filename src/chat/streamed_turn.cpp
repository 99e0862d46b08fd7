#include "chat/streamed_turn.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "base/log.h"
#include "chat/settling.h"
#include "chat/streaming_home.h"

namespace parley::chat {
namespace {

namespace asio = async::asio;

/// What an event weighs beside its text, about.
constexpr std::size_t event_bytes = 64;

base::Error stopping() {
  return {.code = base::ErrorCode::overloaded,
          .message = "The server is stopping; try again shortly.",
          .detail = "cut off by the shutdown",
          .retry_after = std::chrono::seconds(1)};
}

async::Task<bool> forgiven(StreamShare& share, base::AccountId account) {
  co_return share.tally.forgive(account, share.clock.steady_now());
}

}  // namespace

StreamedTurn::StreamedTurn(store::Store& store, const engines::Lineup& lineup, StreamShare& share, TurnRequest request,
                           store::Held held, async::ChannelWriter<TurnEvent> events, const async::Executor& executor)
    : store_(store),
      lineup_(lineup),
      share_(share),
      request_(std::move(request)),
      held_(std::move(held)),
      events_(std::move(events)),
      leaving_(executor),
      relays_(request_.relayed.has_value()) {
  events_.on_left([this] { reader_left(); });
}

async::Task<> StreamedTurn::run() {
  auto generated = co_await generate();
  auto reply = co_await judge(std::move(generated));
  if (reply.has_error()) {
    share_.figures.ended(brake_->reason == StopReason::left_before_text ? TurnEnd::left : TurnEnd::failed);
    held_.hold = store::Hold();
    events_.send_last(Failed{reply.error()});
    co_return;
  }
  auto settled = co_await settle(store_, std::move(held_), request_, std::move(*reply), std::move(text_), chunks_);
  share_.figures.ended(settled.has_value() ? TurnEnd::settled : TurnEnd::failed);
  if (settled.has_error()) {
    events_.send_last(Failed{settled.error()});
  } else {
    share_.figures.charged(settled->charge);
    events_.send_last(Finished{std::move(*settled)});
  }
}

async::Task<base::Result<engines::Reply>> StreamedTurn::generate() {
  const async::Executor executor = co_await asio::this_coro::executor;
  try {
    co_return co_await asio::co_spawn(executor, ask(),
                                      asio::bind_cancellation_slot(brake_->signal.slot(), async::use_task));
  } catch (const boost::system::system_error&) {
    co_return stopping();
  }
}

async::Task<base::Result<engines::Reply>> StreamedTurn::ask() {
  engines::Engine& engine = prepare_call(lineup_, request_, held_.amount);
  if (request_.relayed) return engine.relay(std::move(*request_.relayed), this);
  return engine.generate(std::move(request_.prompt), this);
}

async::Task<base::Result<engines::Reply>> StreamedTurn::judge(base::Result<engines::Reply> reply) {
  if (reply.has_value()) {
    if (heard_something_) co_return reply;
    co_return no_answer();
  }
  bool pays = false;
  switch (brake_->reason) {
    case StopReason::left_before_text: co_return reply;
    case StopReason::shutdown: co_return stopping();
    case StopReason::left: pays = true; break;
    case StopReason::none:
      pays = sent_something_ && !co_await async::on(share_.tally_home, forgiven(share_, held_.account));
      break;
  }
  if (!pays) co_return reply;
  engines::Reply cut;
  cut.finish_reason = "length";
  cut.cut_off = true;
  co_return cut;
}

void StreamedTurn::open() {
  events_.send(Opened{}, 0);
}

void StreamedTurn::hear(const engines::Heard& heard) {
  text_ += heard.text;
  heard_something_ = heard_something_ || heard.says_something;
  const std::string_view news = relays_ ? heard.chunk : heard.text;
  if (news.empty()) return;
  if (relays_ && request_.idempotency) chunks_.emplace_back(news);
  const bool sent = events_.send(Delta{std::string(news)}, news.size() + event_bytes);
  sent_something_ = sent_something_ || (sent && heard.says_something);
}

void StreamedTurn::reader_left() {
  if (!sent_something_) return brake_->pull(StopReason::left_before_text);
  if (share_.settings.finish_after_leaving.count() == 0) return brake_->pull(StopReason::left);
  leaving_.expires_after(share_.settings.finish_after_leaving);
  leaving_.async_wait([brake = brake_](const boost::system::error_code& cancelled) {
    if (!cancelled) brake->pull(StopReason::left);
  });
}

}  // namespace parley::chat
