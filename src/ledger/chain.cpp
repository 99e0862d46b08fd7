#include "ledger/chain.h"

namespace parley::ledger {

std::string_view name_of(ChainRule rule) noexcept {
  switch (rule) {
    case ChainRule::sequence: return "sequence without gaps";
    case ChainRule::balance: return "balance follows from amounts";
    case ChainRule::not_negative: return "no negative balance";
    case ChainRule::kind: return "kind and sign";
    case ChainRule::digest: return "digest chain";
    case ChainRule::sum: return "sum of entries is the balance";
  }
  return "unknown";
}

std::vector<ChainRule> ChainChecker::next(const Entry& entry) {
  std::vector<ChainRule> broken;
  const bool follows = entry.sequence == head_.sequence + 1;
  if (!follows) broken.push_back(ChainRule::sequence);
  if (follows && head_.balance.plus(entry.amount) != entry.balance_after) broken.push_back(ChainRule::balance);
  if (entry.balance_after.negative()) broken.push_back(ChainRule::not_negative);
  if (!entry_kind_from(static_cast<std::int64_t>(entry.kind)) || !sign_fits(entry.kind, entry.amount)) {
    broken.push_back(ChainRule::kind);
  }
  if (follows && digest_of(entry, head_.digest) != entry.digest) broken.push_back(ChainRule::digest);
  head_ = head_after(entry);
  if (sum_) sum_ = sum_->plus(entry.amount);
  return broken;
}

std::vector<ChainRule> ChainChecker::end() const {
  if (sum_ == head_.balance) return {};
  return {ChainRule::sum};
}

}  // namespace parley::ledger
