#include "chat/failure_tally.h"

namespace parley::chat {

bool FailureTally::forgive(base::AccountId account, base::SteadyTime now) {
  const auto [found, is_new] = failures_.try_emplace(account);
  if (is_new) by_age_.push_back(account);
  std::deque<base::SteadyTime>& times = found->second;
  while (!times.empty() && now - times.front() >= limits_.window) times.pop_front();
  const bool forgiven = times.size() < limits_.forgiven_max;
  if (forgiven) times.push_back(now);
  if (by_age_.size() > limits_.accounts_max) {
    failures_.erase(by_age_.front());
    by_age_.pop_front();
  }
  return forgiven;
}

}  // namespace parley::chat
