#include "accounts/attempts.h"

#include <string>

namespace parley::accounts {
namespace {

// In Django REST framework's words.
base::Result<void> answer_of(std::optional<std::chrono::milliseconds> wait) {
  if (!wait) return {};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait);
  return base::Error{.code = base::ErrorCode::too_many_requests,
                     .message = "Request was throttled. Expected available in " + std::to_string(seconds.count()) +
                                (seconds.count() == 1 ? " second." : " seconds."),
                     .detail = {},
                     .retry_after = seconds};
}

}  // namespace

Attempts::Attempts(async::Executor home, const base::Clock& clock, AttemptRates rates)
    : home_(home),
      clock_(clock),
      registrations_per_address_(rates.registrations_per_address, rates.keys_max),
      logins_per_account_(rates.login_failures_per_account, rates.keys_max),
      logins_per_address_(rates.login_failures_per_address, rates.keys_max) {}

async::Task<base::Result<void>> Attempts::charge_registration(std::optional<Throttle::Key> address) {
  Wait wait;
  if (address) wait = co_await async::on(home_, charge_registration_at_home(*address));
  co_return answer_of(wait);
}

async::Task<void> Attempts::give_back_registration(std::optional<Throttle::Key> address) {
  if (address) co_await async::on(home_, give_back_registration_at_home(*address));
}

async::Task<base::Result<void>> Attempts::charge_login(Throttle::Key account, std::optional<Throttle::Key> address) {
  co_return answer_of(co_await async::on(home_, charge_login_at_home(account, address)));
}

async::Task<void> Attempts::give_back_login(Throttle::Key account, std::optional<Throttle::Key> address) {
  co_await async::on(home_, give_back_login_at_home(account, address));
}

async::Task<Attempts::Wait> Attempts::charge_registration_at_home(Throttle::Key address) {
  co_return registrations_per_address_.charge(address, clock_.steady_now());
}

async::Task<void> Attempts::give_back_registration_at_home(Throttle::Key address) {
  registrations_per_address_.give_back(address);
  co_return;
}

async::Task<Attempts::Wait> Attempts::charge_login_at_home(Throttle::Key account,
                                                           std::optional<Throttle::Key> address) {
  const base::SteadyTime now = clock_.steady_now();
  if (const Wait wait = logins_per_account_.charge(account, now)) co_return wait;
  if (!address) co_return std::nullopt;
  const Wait wait = logins_per_address_.charge(*address, now);
  if (wait) logins_per_account_.give_back(account);
  co_return wait;
}

async::Task<void> Attempts::give_back_login_at_home(Throttle::Key account, std::optional<Throttle::Key> address) {
  logins_per_account_.give_back(account);
  if (address) logins_per_address_.give_back(*address);
  co_return;
}

}  // namespace parley::accounts
