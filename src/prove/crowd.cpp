#include "prove/crowd.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "accounts/credential.h"
#include "prove/all.h"

namespace parley::prove {
namespace {

namespace asio = async::asio;
using std::chrono::milliseconds;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                         async::Executor>;

// In percent of what a client does next.
constexpr std::uint32_t balance_reads = 4;
constexpr std::uint32_t sent_again = 25;  ///< a request of somebody's once more, while it runs or later
constexpr std::uint32_t keyed = 40;       ///< of new requests
constexpr std::uint32_t streamed = 50;
constexpr std::uint32_t left_by_event = 30;  ///< of streams
constexpr std::uint32_t left_by_time = 8;

constexpr std::uint32_t leave_event_max = 7;  ///< an answer has five words and `done`: some mean to leave too late
constexpr std::uint32_t leave_ms_max = 8;
constexpr std::size_t keyed_kept_max = 32;
constexpr std::uint32_t pause_ms_max = 10;             ///< after a refusal
constexpr std::uint32_t pause_for_engine_ms_max = 50;  ///< after the engine failed
constexpr milliseconds credit_period{50};
constexpr std::uint32_t credited_chats_per_client = 8;

bool percent(std::minstd_rand& random, std::uint32_t share) {
  return random() % 100 < share;
}

async::Task<> pause(milliseconds time) {
  const async::Executor executor = co_await asio::this_coro::executor;
  Timer timer(executor, time);
  co_await timer.async_wait(asio::as_tuple(async::use_task));
}

/// For a thread that runs no loop to wait for.
template <class T>
std::future<T> begin_on(async::Loop& loop, async::Task<T> task) {
  const auto promise = std::make_shared<std::promise<T>>();
  asio::co_spawn(loop.executor(), std::move(task), [promise](const std::exception_ptr& failure, auto... value) {
    if (failure) {
      promise->set_exception(failure);
    } else {
      promise->set_value(std::move(value)...);
    }
  });
  return promise->get_future();
}

}  // namespace

Crowd::Crowd(const Plan& plan, const std::string& url, const std::string& operator_socket)
    : plan_(plan), caller_(client_, url, operator_socket) {
  journal_.price = plan.price;
  for (std::uint32_t index = 0; index < plan.accounts; ++index) {
    accounts_.push_back({.username = "racer-" + std::to_string(index + 1), .token = {}, .keyed = {}});
    journal_.accounts.push_back({.given = plan.opening_balance});
  }
}

Crowd::~Crowd() {
  loop_.stop();
  client_.close();
}

base::Result<void> Crowd::join() {
  return begin_on(loop_, join_all()).get();
}

async::Task<base::Result<void>> Crowd::join_all() {
  base::Result<void> joined;
  for (Shared& account : accounts_) {
    auto token = co_await caller_.join(account.username);
    if (token.has_value()) {
      account.token = std::move(*token);
    } else {
      joined = token.error();
    }
  }
  co_return joined;
}

void Crowd::start() {
  raced_ = begin_on(loop_, race_all());
}

void Crowd::finish() {
  finishing_ = true;
  raced_.get();
}

void Crowd::ask_balances() {
  begin_on(loop_, ask_all_balances()).get();
}

std::vector<store::Presented> Crowd::credentials() const {
  std::vector<store::Presented> credentials;
  credentials.reserve(accounts_.size());
  for (const Shared& account : accounts_) credentials.push_back(accounts::parse_credential(account.token).value());
  return credentials;
}

async::Task<> Crowd::race_all() {
  std::vector<async::Task<>> tasks;
  tasks.reserve(plan_.clients + 1);
  for (std::uint32_t client = 0; client < plan_.clients; ++client) tasks.push_back(race(client));
  tasks.push_back(credit_until_the_end());
  co_await all(std::move(tasks));
}

async::Task<> Crowd::race(std::uint32_t client) {
  Random random(client + 1);
  random.discard(10);  // the first numbers of neighbouring seeds are alike
  while (!finishing_) {
    const auto account = static_cast<std::uint32_t>(random() % accounts_.size());
    if (percent(random, balance_reads)) {
      co_await read_balance(account);
    } else {
      const std::uint32_t request = choose_request(account, random);
      co_await attempt(request, random);
    }
  }
}

async::Task<> Crowd::read_balance(std::uint32_t account) {
  const auto balance = co_await caller_.balance(accounts_[account].token);
  Account& known = journal_.accounts[account];
  if (balance) known.balance_min = std::min(known.balance_min, *balance);
}

std::uint32_t Crowd::choose_request(std::uint32_t account, Random& random) {
  const auto& kept = accounts_[account].keyed;
  if (!kept.empty() && percent(random, sent_again)) return kept[random() % kept.size()];
  return new_request(account, random);
}

std::uint32_t Crowd::new_request(std::uint32_t account, Random& random) {
  const auto request = static_cast<std::uint32_t>(journal_.requests.size());
  const bool has_key = percent(random, keyed);
  journal_.requests.push_back({.account = account, .keyed = has_key, .streamed = percent(random, streamed)});
  if (!has_key) return request;
  Shared& shared = accounts_[account];
  if (shared.keyed.size() < keyed_kept_max) {
    shared.keyed.push_back(request);
  } else {
    shared.keyed[shared.next_keyed++ % keyed_kept_max] = request;
  }
  return request;
}

async::Task<> Crowd::attempt(std::uint32_t request, Random& random) {
  const Request asked = journal_.requests[request];
  Shared& account = accounts_[asked.account];
  Chat chat;
  chat.token = account.token;
  chat.message = message_of(request);
  if (asked.keyed) chat.idempotency_key = "key-" + std::to_string(request);
  chat.streamed = asked.streamed;
  if (asked.streamed && percent(random, left_by_event)) {
    chat.leave_at_event = static_cast<int>(1 + random() % leave_event_max);
  }
  if (percent(random, left_by_time)) chat.leave_after = milliseconds(1 + random() % leave_ms_max);

  Heard heard = co_await caller_.chat(std::move(chat));
  const Outcome outcome = heard.outcome;
  journal_.attempts.push_back(
      {.request = request, .outcome = outcome, .response = std::move(heard.response), .turn = heard.turn});
  if (outcome == Outcome::answered) ++answered_;
  if (outcome == Outcome::no_tokens) account.short_of_tokens = true;
  if (outcome != Outcome::answered && outcome != Outcome::left) {
    const milliseconds rest(1 +
                            random() % (outcome == Outcome::engine_failed ? pause_for_engine_ms_max : pause_ms_max));
    co_await pause(rest);
  }
}

/// So that there is something to race for until the end.
async::Task<> Crowd::credit_until_the_end() {
  const std::int64_t chats = 1 + std::int64_t{plan_.clients} * credited_chats_per_client / plan_.accounts;
  const std::int64_t tokens = chats * plan_.price;
  while (!finishing_) {
    for (std::size_t index = 0; index < accounts_.size(); ++index) {
      if (!std::exchange(accounts_[index].short_of_tokens, false)) continue;
      const bool credited = co_await caller_.credit(accounts_[index].username, tokens);
      if (credited) journal_.accounts[index].given += tokens;
    }
    co_await pause(credit_period);
  }
}

async::Task<> Crowd::ask_all_balances() {
  for (std::size_t index = 0; index < accounts_.size(); ++index) {
    const auto balance = co_await caller_.balance(accounts_[index].token);
    journal_.accounts[index].balance_at_end = balance;
  }
}

}  // namespace parley::prove
