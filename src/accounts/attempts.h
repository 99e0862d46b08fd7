#pragma once
// Who may try now: registrations by address, wrong passwords by account and by address.
//
// Attempts are charged before the password is hashed and given back where they were no fault of the caller, so that a
// thousand guesses at once don't all pass before the first has failed. Nothing locks an account for good: the buckets
// fill by themselves (OWASP Authentication Cheat Sheet, "Account Lockout").

#include <optional>

#include "accounts/throttle.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/error.h"

namespace parley::accounts {

struct AttemptRates {
  Rate registrations_per_address{.burst = 10, .period = std::chrono::seconds(60)};
  Rate login_failures_per_account{.burst = 10, .period = std::chrono::seconds(30)};
  Rate login_failures_per_address{.burst = 50, .period = std::chrono::seconds(5)};
  std::size_t keys_max = 65'536;  ///< remembered at a time, for each rate
};

/// Safe to call from any loop: the counts live on the home loop, and callers visit it. Without an address nothing is
/// counted by address. Charges answer `too_many_requests` (with retry_after).
class Attempts {
 public:
  Attempts(async::Executor home, const base::Clock& clock, AttemptRates rates);

  async::Task<base::Result<void>> charge_registration(std::optional<Throttle::Key> address);
  async::Task<void> give_back_registration(std::optional<Throttle::Key> address);

  /// Charges both or neither.
  async::Task<base::Result<void>> charge_login(Throttle::Key account, std::optional<Throttle::Key> address);
  async::Task<void> give_back_login(Throttle::Key account, std::optional<Throttle::Key> address);

 private:
  using Wait = std::optional<std::chrono::milliseconds>;

  // These run on the home loop.
  async::Task<Wait> charge_registration_at_home(Throttle::Key address);
  async::Task<void> give_back_registration_at_home(Throttle::Key address);
  async::Task<Wait> charge_login_at_home(Throttle::Key account, std::optional<Throttle::Key> address);
  async::Task<void> give_back_login_at_home(Throttle::Key account, std::optional<Throttle::Key> address);

  async::Executor home_;
  const base::Clock& clock_;
  Throttle registrations_per_address_;
  Throttle logins_per_account_;
  Throttle logins_per_address_;
};

}  // namespace parley::accounts
