#pragma once
// The contract of storage: whole operations in the words of the domain, not tables. Each keeper does each operation in
// its own best way; one suite of conformance tests runs on every keeper and is this contract's sharper half.
//
// Every operation is atomic and, once it has answered, durable. An operation that answers `store_unavailable` has
// changed nothing that a later answer could show (after an I/O error the store answers nothing else any more).
// Credentials come as account and digest: the secret itself never reaches a store.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "async/task.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/tokens.h"
#include "crypto/digest.h"
#include "ledger/entry.h"

namespace parley::store {

struct NewAccount {
  std::string username;       ///< as shown
  std::string username_key;   ///< as compared: unique
  std::string password_hash;  ///< Argon2id, PHC string
  base::Tokens opening_balance;
};

/// What a login is checked against.
struct Login {
  base::AccountId account;
  std::string username;
  std::string username_key;
  std::string password_hash;
  bool disabled = false;
};

/// A credential as it was presented: unproven.
struct Presented {
  base::AccountId account;
  crypto::Digest digest{};  ///< of the secret
};

struct Balance {
  base::Tokens posted;  ///< the sum of the entries
  base::Tokens held;    ///< set aside for requests in flight
  base::Tokens available() const { return posted.minus(held).value_or(base::Tokens()); }
};

/// Sets `release()` in motion for a hold; made by the keeper when the hold is taken, so that it cannot fail later.
class HoldTicket {
 public:
  HoldTicket() = default;
  HoldTicket(const HoldTicket&) = delete;
  HoldTicket& operator=(const HoldTicket&) = delete;
  virtual ~HoldTicket() = default;
  virtual base::HoldId id() const noexcept = 0;
};

/// Tokens set aside for one request in flight. It ends exactly once: settled (by Store::settle), or released, which its
/// destructor enqueues. The store outlives every hold.
class Hold {
 public:
  /// `Ticket::release` hands a ticket back to its keeper.
  using Release = void (*)(std::unique_ptr<HoldTicket> ticket) noexcept;

  Hold() = default;
  Hold(std::unique_ptr<HoldTicket> ticket, Release release) noexcept : ticket_(std::move(ticket)), release_(release) {}
  Hold(Hold&&) noexcept = default;
  Hold& operator=(Hold&& other) noexcept {
    Hold(std::move(other)).swap(*this);
    return *this;
  }
  ~Hold() {
    if (ticket_) release_(std::move(ticket_));
  }

  /// True until it is moved from or ended.
  explicit operator bool() const noexcept { return ticket_ != nullptr; }
  base::HoldId id() const noexcept { return ticket_->id(); }
  /// For keepers: the hold ends another way now.
  std::unique_ptr<HoldTicket> take_ticket() noexcept { return std::move(ticket_); }

 private:
  void swap(Hold& other) noexcept {
    std::swap(ticket_, other.ticket_);
    std::swap(release_, other.release_);
  }

  std::unique_ptr<HoldTicket> ticket_;
  Release release_ = nullptr;
};

struct HoldRequest {
  Presented credential;
  base::Tokens amount;              ///< the most that the request can cost; at least 0
  std::int32_t in_flight_max = 16;  ///< open holds that the account may have, this one included
};

/// The hold was taken.
struct Held {
  Hold hold;
  base::AccountId account;
  Balance balance;  ///< with this hold
};

/// The hold was refused for want of tokens; nothing was set aside.
struct Shortfall {
  base::Tokens required;
  Balance balance;
  /// Once the requests in flight have ended there might be enough.
  bool only_held() const { return balance.posted >= required; }
};

using HoldDecision = std::variant<Held, Shortfall>;

/// What a settled turn leaves behind.
struct Settlement {
  base::Tokens charge;  ///< what it costs, at most what is held
  std::string message;
  std::string response;
};

struct Settled {
  base::TurnId turn;
  Balance balance;  ///< after the charge, without the hold
};

/// Of holds since the start: taken = settled + released + open, always.
struct HoldCounts {
  std::int64_t taken = 0;
  std::int64_t settled = 0;
  std::int64_t released = 0;
  std::int64_t open = 0;
};

/// For the operator's list.
struct AccountSummary {
  base::AccountId account;
  std::string username;
  std::string username_key;
  base::Timestamp created;
  bool disabled = false;
  Balance balance;
};

/// How many accounts one answer of list_accounts() has at most.
inline constexpr std::int32_t accounts_listed_max = 1'000;

/// Every operation may also answer `store_unavailable`, `overloaded` and `internal`.
/// Coroutine parameters are values: an operation may outlive the expression that started it.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  /// Opens an account and posts its opening balance as one grant (none where it is zero).
  /// `conflict` where the username's key is taken, by a deleted account too.
  virtual async::Task<base::Result<base::AccountId>> create_account(NewAccount account) = 0;

  /// The login by username key, or nothing. Disabled accounts are found too.
  virtual async::Task<base::Result<std::optional<Login>>> find_login(std::string username_key) = 0;

  /// The login of who presents a login token. `unauthenticated` as authenticate().
  virtual async::Task<base::Result<Login>> find_login(Presented credential) = 0;

  /// Makes `token` the account's one login token and ends the one before. `unauthenticated` where the account is
  /// disabled or its password hash is no longer `password_hash_seen`: the password was changed while it was checked.
  virtual async::Task<base::Result<void>> replace_login_token(base::AccountId account, std::string password_hash_seen,
                                                              crypto::Digest token) = 0;

  /// Ends the login token that is presented. `unauthenticated` as authenticate().
  virtual async::Task<base::Result<void>> end_login_token(Presented credential) = 0;

  /// Sets the password hash and ends every credential. `conflict` where the hash is no longer `password_hash_seen`;
  /// nothing seen overrules (the operator's reset). `not_found` where there is no such account.
  virtual async::Task<base::Result<void>> change_password(base::AccountId account,
                                                          std::optional<std::string> password_hash_seen,
                                                          std::string password_hash) = 0;

  /// `unauthenticated` where the account or token is unknown, ended, or the account is disabled.
  virtual async::Task<base::Result<base::AccountId>> authenticate(Presented credential) = 0;

  /// What the account of the credential has. `unauthenticated` as authenticate().
  virtual async::Task<base::Result<Balance>> balance(Presented credential) = 0;

  /// Authenticates and sets tokens aside, in one step. `unauthenticated` as authenticate(); `too_many_requests` (with
  /// retry_after) where the account has `in_flight_max` holds open; a Shortfall where fewer than `amount` are
  /// available.
  virtual async::Task<base::Result<HoldDecision>> hold(HoldRequest request) = 0;

  /// Ends the hold by writing the charge and the turn, together. Whatever it answers, the hold has ended: an error
  /// means that nothing was charged and nothing saved. `invalid_input` where the charge is negative or above what is
  /// held. Never `overloaded`: what it would add to a queue is bounded by the holds that are open.
  virtual async::Task<base::Result<Settled>> settle(Hold hold, Settlement settlement) = 0;

  /// Adds `amount` (negative: takes it away) as one entry of this kind: credit, refund, redemption or adjustment.
  /// `not_found`; `invalid_input` where the sign does not fit the kind, the balance would leave the range, or less than
  /// what is taken away is available.
  virtual async::Task<base::Result<Balance>> post(base::AccountId account, ledger::EntryKind kind,
                                                  base::Tokens amount) = 0;

  /// Disables the account, which ends its credentials, or enables it again. `not_found`.
  virtual async::Task<base::Result<void>> set_disabled(base::AccountId account, bool disabled) = 0;

  /// Accounts in the order of their username keys (by bytes), from the first after `after`; at most `count_max`, and at
  /// most accounts_listed_max. An empty answer is the end.
  virtual async::Task<base::Result<std::vector<AccountSummary>>> list_accounts(std::string after,
                                                                               std::int32_t count_max) = 0;

  /// False while nothing can be committed. Safe from any thread.
  virtual bool writable() const noexcept = 0;
  /// Safe from any thread.
  virtual HoldCounts hold_counts() const noexcept = 0;

  /// Answers everything that was asked so far; call after the loops have stopped and before they are destroyed.
  virtual void drain() = 0;
};

}  // namespace parley::store
