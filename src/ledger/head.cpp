#include "ledger/head.h"

namespace parley::ledger {
namespace {

base::Error refused(std::string message) {
  return {.code = base::ErrorCode::invalid_input, .message = std::move(message), .detail = "", .retry_after = {}};
}

}  // namespace

bool sign_fits(EntryKind kind, base::Tokens amount) noexcept {
  switch (kind) {
    case EntryKind::charge: return amount.count() <= 0;
    case EntryKind::grant:
    case EntryKind::refund:
    case EntryKind::credit:
    case EntryKind::redemption: return amount.count() > 0;
    case EntryKind::adjustment: return amount.count() != 0;
  }
  return false;
}

base::Result<Entry> next_entry(const Head& head, const Posting& posting) {
  if (!sign_fits(posting.kind, posting.amount)) {
    return refused("The amount's sign does not fit a " + std::string(name_of(posting.kind)) + ".");
  }
  const auto balance_after = head.balance.plus(posting.amount);
  if (!balance_after) return refused("The balance would be too large.");
  if (balance_after->negative()) return refused("The balance would be negative.");
  Entry entry{.id = posting.id,
              .account = posting.account,
              .sequence = head.sequence + 1,
              .kind = posting.kind,
              .amount = posting.amount,
              .balance_after = *balance_after,
              .time = posting.time};
  entry.digest = digest_of(entry, head.digest);
  return entry;
}

Head head_after(const Entry& entry) noexcept {
  return {.balance = entry.balance_after, .sequence = entry.sequence, .digest = entry.digest};
}

}  // namespace parley::ledger
