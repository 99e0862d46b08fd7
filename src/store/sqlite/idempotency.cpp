#include "store/sqlite/idempotency.h"

#include <algorithm>

namespace parley::store::sqlite {
namespace {

constexpr std::chrono::seconds retry_when_in_flight{1};
/// More than the one that each settlement adds, so that those that are too old become fewer.
constexpr std::int32_t forgotten_at_once_max = 4;

base::Error refused(base::ErrorCode code, std::string message) {
  return {.code = code, .message = std::move(message), .detail = "", .retry_after = {}};
}

base::Error used_otherwise() {
  return refused(base::ErrorCode::mismatch, "This idempotency key was used with another request.");
}

base::Error in_flight() {
  base::Error error = refused(base::ErrorCode::conflict, "A request with this idempotency key is in flight.");
  error.retry_after = retry_when_in_flight;
  return error;
}

const Idempotency* find_in_flight(const Account& account, const std::string& key) {
  if (!account.state.in_flight) return nullptr;
  const auto found =
      std::ranges::find(*account.state.in_flight, key, [](const IdempotencyInFlight& open) { return open->key; });
  return found != account.state.in_flight->end() ? found->get() : nullptr;
}

}  // namespace

base::Result<std::optional<Replay>> find_replay(Session& session, const Account& account,
                                                const Idempotency& idempotency) {
  if (const Idempotency* open = find_in_flight(account, idempotency.key)) {
    return open->fingerprint == idempotency.fingerprint ? in_flight() : used_otherwise();
  }
  TRY(auto record, session.records().idempotency(account.id, idempotency.key));
  if (!record || session.now() - record->created >= idempotency_kept) return std::optional<Replay>();
  if (record->fingerprint != idempotency.fingerprint) return used_otherwise();
  if (record->text_deleted) return refused(base::ErrorCode::gone, "The text of this turn was deleted.");
  return std::optional(std::move(record->replay));
}

base::Result<void> remember_turn(Session& session, const Idempotency& idempotency, const ledger::Entry& charge,
                                 base::Tokens available, std::string_view answer) {
  TRY_VOID(session.records().delete_idempotency(charge.time - idempotency_kept, forgotten_at_once_max));
  return session.records().put_idempotency(charge.turn(), charge.account, idempotency, available, answer, charge.time);
}

}  // namespace parley::store::sqlite
