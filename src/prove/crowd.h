#pragma once
// The clients that race few accounts, each with a connection of its own: plain chats, streams, requests of others sent
// again, answers that nobody waits for.

#include <atomic>
#include <cstdint>
#include <future>
#include <random>
#include <string>
#include <vector>

#include "async/loop.h"
#include "async/task.h"
#include "base/error.h"
#include "prove/caller.h"
#include "prove/journal.h"
#include "prove/plan.h"
#include "store/store.h"
#include "upstream/client.h"

namespace parley::prove {

/// For one thread, which runs no loop. Everything else happens on the loop of the crowd.
class Crowd {
 public:
  Crowd(const Plan& plan, const std::string& url, const std::string& operator_socket);
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd();

  /// Registers the accounts and logs in.
  base::Result<void> join();
  void start();
  /// Lets each client finish what it does; throws what one of them threw.
  void finish();
  /// After finish(): asks for each account's balance. Meant for when no turn is under way any more.
  void ask_balances();

  /// Complete answers so far; from any thread.
  std::int64_t answered() const noexcept { return answered_.load(); }

  // After finish().
  const Journal& journal() const noexcept { return journal_; }
  std::vector<store::Presented> credentials() const;

 private:
  using Random = std::minstd_rand;

  /// One that several clients spend from.
  struct Shared {
    std::string username;
    std::string token;
    std::vector<std::uint32_t> keyed;  ///< requests that anybody may send again, the last so many
    std::size_t next_keyed = 0;
    bool short_of_tokens = false;
  };

  async::Task<base::Result<void>> join_all();
  async::Task<> race_all();
  async::Task<> race(std::uint32_t client);
  async::Task<> read_balance(std::uint32_t account);
  async::Task<> attempt(std::uint32_t request, Random& random);
  async::Task<> credit_until_the_end();
  async::Task<> ask_all_balances();
  std::uint32_t choose_request(std::uint32_t account, Random& random);
  std::uint32_t new_request(std::uint32_t account, Random& random);

  Plan plan_;
  Journal journal_;
  std::vector<Shared> accounts_;
  std::atomic<std::int64_t> answered_{0};
  std::atomic<bool> finishing_{false};
  std::future<void> raced_;
  async::Loop loop_{"clients"};
  upstream::Client client_{{&loop_.context()}};
  Caller caller_;
};

}  // namespace parley::prove
