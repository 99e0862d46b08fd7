#pragma once
// What the writer knows by heart: the accounts of late, the holds that are open, the next entry. It mirrors the tables,
// except for holds, which exist only here: a crash ends every request together with its hold.
//
// Every change since accept() can be undone, as the tables' changes are by a rollback.

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include "store/sqlite/copy_on_write.h"
#include "store/sqlite/records.h"
#include "store/sqlite/spending.h"
#include "store/sqlite/watches.h"

namespace parley::store::sqlite {

/// An API key that has not ended.
struct ApiKey {
  ApiKeyRow row;                                     ///< as the table has it, but for last_used
  base::Tokens held;                                 ///< of its account's `held`, what was set aside with this key
  std::optional<base::Timestamp> last_used_on_disk;  ///< row.last_used is ahead of it

  /// What it may still spend, and what of that is held.
  Balance allowance() const noexcept;
};

/// What a limit of this much for one day leaves.
Balance day_allowance(base::Tokens limit, base::Tokens spent, base::Tokens held) noexcept;

using IdempotencyInFlight = std::shared_ptr<const Idempotency>;

/// The values that change, as they are now.
struct AccountState {
  bool disabled = false;
  bool deleted = false;
  std::optional<crypto::Digest> login_token;
  std::optional<base::Tokens> daily_limit;
  ledger::Head head;
  base::Tokens held;
  std::int32_t open_holds = 0;
  CopyOnWrite<std::vector<ApiKey>> keys;                    ///< oldest first; empty until the first use of one
  CopyOnWrite<std::vector<IdempotencyInFlight>> in_flight;  ///< of the open holds that have one
  CopyOnWrite<Spending> spending;                           ///< empty until a daily limit or a watcher asks for it

  Balance balance() const noexcept { return {.posted = head.balance, .held = held}; }
  /// Null where there is none with that id, or keys were not loaded.
  const ApiKey* key(base::KeyId id) const noexcept;
};

/// An account in memory. Its address stays the same while it has open holds or watchers.
struct Account : boost::intrusive::list_base_hook<> {
  base::AccountId id;
  AccountState state;
  std::uint64_t noted_in = 0;                      ///< the round in which its state was last kept for undo
  std::vector<std::shared_ptr<Watcher>> watchers;  ///< changed by Watches alone
};

/// What a hold is taken with.
struct HoldTerms {
  base::Tokens amount;
  std::optional<base::KeyId> key;   ///< the API key that was presented
  IdempotencyInFlight idempotency;  ///< null for none
};

/// A hold's place in the books; a default one is no open hold. Its owner keeps it at one address, and alive until the
/// round that changed it was accepted or undone.
struct OpenHold {
  base::HoldId id;
  Account* account = nullptr;
  HoldTerms terms;

  bool open() const noexcept { return account != nullptr; }
};

enum class HoldEnd { settled, released };

/// For the writer's thread alone.
class Books {
 public:
  /// `accounts_max` is how many accounts stay in memory, those with open holds or watchers and those of the running
  /// round apart.
  Books(Records& records, const base::Clock& clock, std::size_t accounts_max, std::int64_t last_entry_id)
      : records_(records), watches_(clock), accounts_max_(accounts_max), last_entry_id_(last_entry_id) {}

  /// The account, from memory or from the tables; null where there is none.
  base::Result<Account*> find(base::AccountId id);
  /// The account, if it is in memory.
  const Account* peek(base::AccountId id) const noexcept;

  /// The state to change; what it was is kept for undo.
  AccountState& change(Account& account);

  /// Makes sure that the account's keys are in memory.
  base::Result<void> load_keys(Account& account);
  /// As change(), for one key; null where there is none with that id: it has ended.
  ApiKey* change_key(Account& account, base::KeyId id);

  /// Counts what was charged on this day, or in all. True once all of it is counted; else a later round is to be asked
  /// again, so that no round takes long.
  base::Result<bool> count_day(Account& account, Day day);
  base::Result<bool> count_all(Account& account);
  /// Keeps up what was counted, after the charge was written and the head changed. Costs nothing where nothing was.
  base::Result<void> count_charge(Account& account, const ledger::Entry& charge, std::optional<base::KeyId> key);

  /// Adds a watcher of the account, all of whose charges and those of today were counted.
  void watch(Account& account, std::shared_ptr<Watcher> watcher, std::optional<base::KeyId> key);
  /// Nothing where the watcher isn't there any more. Stands though the round is undone.
  void unwatch(base::AccountId id, const Watcher& watcher);
  Watches& watches() noexcept { return watches_; }

  /// Sets an amount aside, which the caller checked to be available, and fills in `hold`.
  void open_hold(OpenHold& hold, Account& account, HoldTerms terms);
  /// Ends an open hold; `hold` is a default one then.
  void end_hold(OpenHold& hold, HoldEnd end);

  base::EntryId take_entry_id() noexcept { return {++last_entry_id_}; }

  HoldCounts counts() const noexcept { return counts_; }

  /// Keeps the changes since the last accept() or undo(), and lets go of accounts beyond the limit.
  void accept();
  /// Takes the changes since the last accept() or undo() back. Hold ids aren't used again.
  void undo();

 private:
  struct Noted {
    Account* account = nullptr;
    AccountState before;
  };
  struct NotedHold {
    OpenHold* hold = nullptr;
    OpenHold before;
  };

  void forget(Account& account);
  void begin_round() noexcept;

  /// As change(); counting begins where it has not.
  Spending& change_spending(Account& account, Day day);

  Records& records_;
  Watches watches_;
  std::size_t accounts_max_;
  std::unordered_map<base::AccountId, Account> accounts_;
  boost::intrusive::list<Account> by_use_;  ///< longest unused first
  HoldCounts counts_;
  std::int64_t last_hold_id_ = 0;
  std::int64_t last_entry_id_;

  // The running round, and how things stood before it.
  std::uint64_t round_ = 1;
  std::vector<Noted> noted_;
  std::vector<NotedHold> noted_holds_;
  std::vector<Account*> loaded_;
  HoldCounts counts_before_;
  std::int64_t last_entry_id_before_ = last_entry_id_;
};

}  // namespace parley::store::sqlite
