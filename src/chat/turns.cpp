#include "chat/turns.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/log.h"
#include "chat/context.h"
#include "chat/settling.h"
#include "chat/streaming_home.h"

namespace parley::chat {
namespace {

namespace asio = async::asio;

/// One of the streams under way, until its frame is gone.
class UnderWay {
 public:
  explicit UnderWay(StreamShare& share) : share_(share) {
    ++share_.under_way;
    share_.figures.stream_began();
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  ~UnderWay() {
    share_.figures.stream_ended();
    --share_.under_way;
  }

 private:
  StreamShare& share_;
};

async::Task<> run_stream(store::Store& store, const engines::Lineup& lineup, std::shared_ptr<StreamShare> share,
                         std::shared_ptr<StreamingHome> home, TurnRequest request, store::Held held,
                         async::ChannelWriter<TurnEvent> events) {
  const UnderWay under_way(*share);
  StreamedTurn turn(store, lineup, *share, std::move(request), std::move(held), std::move(events),
                    home->context().get_executor());
  home->enrol(turn);
  co_await turn.run();
}

void log_thrown(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& thrown) {
    base::log(base::LogLevel::error, "turn_threw", {{"what", thrown.what()}});
  }
}

}  // namespace

Turns::Turns(store::Store& store, const engines::Lineup& lineup, const base::Clock& clock, base::Metrics& metrics,
             const std::vector<asio::io_context*>& contexts, TurnSettings settings)
    : store_(store),
      lineup_(lineup),
      settings_(settings),
      figures_(metrics),
      share_(std::make_shared<StreamShare>(settings, figures_, clock, contexts.at(0)->get_executor())) {
  for (asio::io_context* context : contexts) homes_.push_back(std::make_shared<StreamingHome>(*context));
}

Turns::~Turns() = default;

async::Task<base::Result<store::HoldDecision>> Turns::hold(TurnRequest& request) {
  if (request.model == nullptr) request.model = &lineup_.catalog().standard();
  if (!request.prompt.messages.empty() || request.relayed) return hold_for_work(request);
  if (request.conversation) return hold_in_conversation(request);
  request.prompt.messages.push_back({.role = engines::Role::user, .text = request.message});
  return hold_for_work(request);
}

async::Task<base::Result<store::HoldDecision>> Turns::hold_in_conversation(TurnRequest& request) {
  auto prompt = co_await prompt_in_conversation(store_, request.credential, *request.conversation, request.message,
                                                *request.model);
  if (prompt.has_error()) {
    // Its idempotency key may know the answer still.
    if (prompt.error().code != base::ErrorCode::not_found || !request.idempotency) co_return std::move(prompt).error();
    CO_TRY(auto replay, co_await find_replay(request.credential, *request.idempotency));
    if (!replay) co_return std::move(prompt).error();
    co_return store::HoldDecision(std::move(*replay));
  }
  request.prompt = std::move(*prompt);
  co_return co_await hold_for_work(request);
}

async::Task<base::Result<store::HoldDecision>> Turns::hold_for_work(TurnRequest& request) {
  if (!request.relayed) request.work.prompt = size_of(request.prompt);
  const Terms terms = terms_of(*request.model, request.work);
  store::HoldRequest hold_request{.credential = request.credential,
                                  .amount = terms.most,
                                  .amount_min = terms.least,
                                  .in_flight_max = settings_.account_requests_max,
                                  .idempotency = request.idempotency};
  return store_.hold(std::move(hold_request));
}

async::Task<base::Result<Quote>> Turns::quote(TurnRequest request) {
  Quote quote;
  quote.model = request.model != nullptr ? request.model : &lineup_.catalog().standard();
  const catalog::Model& model = *quote.model;
  engines::Prompt prompt;
  if (request.conversation) {
    CO_TRY(prompt, co_await prompt_in_conversation(store_, request.credential, *request.conversation,
                                                   std::move(request.message), model));
  } else {
    prompt.messages.push_back({.role = engines::Role::user, .text = std::move(request.message)});
  }
  CO_TRY(const store::Balance balance, co_await store_.balance(request.credential));
  const Work work{.prompt = size_of(prompt)};
  const Terms terms = terms_of(model, work);
  quote.affordable = balance.available() >= terms.least;
  quote.hold = quote.affordable ? std::min(terms.most, balance.available()) : terms.least;
  quote.charge_min = charge_min(model);
  quote.input_model_tokens = catalog::estimate_of(work.prompt, model.model_tokens_per_image);
  quote.output_max = output_limit(model, work, quote.hold);
  co_return quote;
}

void Turns::count(const store::HoldDecision& decision) const noexcept {
  if (std::holds_alternative<store::Shortfall>(decision)) figures_.refused_for_tokens();
  if (std::holds_alternative<store::Replay>(decision)) figures_.replayed();
}

// No conditional expression with a co_await in each branch: g++ 12 destroys what they yield twice.
async::Task<base::Result<engines::Reply>> Turns::ask(TurnRequest& request, base::Tokens held) {
  engines::Engine& engine = prepare_call(lineup_, request, held);
  if (request.relayed) return engine.relay(std::move(*request.relayed), nullptr);
  return engine.generate(std::move(request.prompt), nullptr);
}

async::Task<base::Result<TurnOutcome>> Turns::run(TurnRequest request) {
  CO_TRY(store::HoldDecision decision, co_await hold(request));
  count(decision);
  if (const auto* shortfall = std::get_if<store::Shortfall>(&decision)) co_return TurnOutcome(*shortfall);
  if (auto* replay = std::get_if<store::Replay>(&decision)) co_return TurnOutcome(std::move(*replay));

  auto settled = co_await finish(request, std::move(std::get<store::Held>(decision)));
  figures_.ended(settled.has_value() ? TurnEnd::settled : TurnEnd::failed);
  if (settled.has_error()) co_return std::move(settled).error();
  figures_.charged(settled->charge);
  co_return TurnOutcome(std::move(*settled));
}

async::Task<base::Result<TurnReply>> Turns::finish(TurnRequest& request, store::Held held) {
  CO_TRY(engines::Reply reply, co_await ask(request, held.amount));
  if (!reply.says_something) co_return no_answer();
  std::string text = std::move(reply.text);
  const std::vector<std::string> no_chunks;
  co_return co_await settle(store_, std::move(held), request, std::move(reply), std::move(text), no_chunks);
}

async::Task<base::Result<std::optional<store::Replay>>> Turns::find_replay(store::Presented credential,
                                                                           store::Idempotency idempotency) {
  // No account has as much, so that no hold is ever taken.
  store::HoldRequest request{.credential = credential,
                             .amount = *base::Tokens::from(base::Tokens::count_max),
                             .in_flight_max = std::numeric_limits<std::int32_t>::max(),
                             .idempotency = std::move(idempotency)};
  CO_TRY(store::HoldDecision decision, co_await store_.hold(std::move(request)));
  auto* replay = std::get_if<store::Replay>(&decision);
  co_return replay == nullptr ? std::nullopt : std::optional(std::move(*replay));
}

async::Task<base::Result<StreamOutcome>> Turns::stream(TurnRequest request) {
  const async::Executor executor = co_await asio::this_coro::executor;
  CO_TRY(store::HoldDecision decision, co_await hold(request));
  count(decision);
  if (const auto* shortfall = std::get_if<store::Shortfall>(&decision)) co_return StreamOutcome(*shortfall);
  if (auto* replay = std::get_if<store::Replay>(&decision)) co_return StreamOutcome(std::move(*replay));

  auto channel = async::make_channel<TurnEvent>(settings_.behind_bytes_max);
  asio::co_spawn(executor,
                 run_stream(store_, lineup_, share_, home_of(executor.context()), std::move(request),
                            std::move(std::get<store::Held>(decision)), std::move(channel.writer)),
                 log_thrown);
  co_return StreamOutcome(std::move(channel.reader));
}

std::shared_ptr<StreamingHome> Turns::home_of(const asio::io_context& context) const {
  for (const auto& home : homes_) {
    if (&home->context() == &context) return home;
  }
  throw std::logic_error("a stream was asked for on a loop that is none of the turns'");
}

void Turns::stop() {
  for (const auto& home : homes_) asio::post(home->context(), [home] { home->stop_all(); });
}

bool Turns::wait_until_idle(std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (share_->under_way > 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace parley::chat
