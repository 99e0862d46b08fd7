#pragma once
// The contract of storage: whole operations in the words of the domain, not tables. Each keeper does each operation in
// its own best way; one suite of conformance tests runs on every keeper and is this contract's sharper half.
//
// Every operation is atomic and, once it has answered, durable. An operation that answers `store_unavailable` has
// changed nothing that a later answer could show (after an I/O error the store answers nothing else any more).
// Credentials come as account and digest: the secret itself never reaches a store.

#include <chrono>
#include <cstdint>
#include <functional>
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
#include "store/history.h"

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

/// What proves an account: the one login token, or one of its API keys.
enum class CredentialKind : std::uint8_t { login_token, api_key };

/// A credential as it was presented: unproven.
struct Presented {
  base::AccountId account;
  crypto::Digest digest{};  ///< of the secret
  CredentialKind kind = CredentialKind::login_token;
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

/// Names a request so that sending it again does not do it again. Keys are the account's own.
struct Idempotency {
  std::string key;
  crypto::Digest fingerprint{};  ///< of all that the request asks for
};

struct HoldRequest {
  Presented credential;
  base::Tokens amount;  ///< the most that the request can cost; at least 0
  /// Where fewer than `amount` tokens may be spent but at least this many, all of those are held. Nothing: `amount`.
  std::optional<base::Tokens> amount_min = std::nullopt;
  std::int32_t in_flight_max = 16;  ///< open holds that the account may have, this one included
  std::optional<Idempotency> idempotency = std::nullopt;
};

/// The hold was taken.
struct Held {
  Hold hold;
  base::AccountId account;
  Balance balance;      ///< with this hold
  base::Tokens amount;  ///< what is held
};

/// A limit that users set on their own spending.
enum class SpendingLimit : std::uint8_t {
  key,            ///< of an API key, in all
  key_daily,      ///< of an API key, for each day (UTC)
  account_daily,  ///< of the account, for each day (UTC)
};

/// What a limit leaves.
struct Allowance {
  SpendingLimit limit;
  Balance left;                                           ///< the limit less what was spent, and what is held of that
  std::optional<base::Timestamp> renewed = std::nullopt;  ///< of a daily limit: when the next day begins
};

/// The hold was refused for want of tokens; nothing was set aside.
struct Shortfall {
  base::Tokens required;  ///< HoldRequest::amount_min, or amount
  Balance balance;        ///< the account's
  /// Where the account has enough but a limit doesn't allow it: the tightest.
  std::optional<Allowance> allowance = std::nullopt;

  /// Once the requests in flight have ended there might be enough.
  bool only_held() const { return (allowance ? allowance->left : balance).posted >= required; }
};

/// A request with this idempotency key was settled before: its answer once more. Nothing was set aside.
struct Replay {
  base::TurnId turn;
  base::ConversationId conversation;
  base::Tokens charge;
  base::Tokens available;  ///< as it was after the charge
  std::string message;
  std::string response;
  std::string finish_reason;
  std::string answer;  ///< Settlement::answer
};

using HoldDecision = std::variant<Held, Shortfall, Replay>;

/// What a settled turn leaves behind.
struct Settlement {
  base::Tokens charge;  ///< what it costs, at most what is held
  std::string message;
  std::string response;
  std::string finish_reason = "stop";
  std::string model = {};  ///< as the catalog names it
  std::optional<TurnUsage> usage = std::nullopt;
  /// The conversation that the turn goes on with. Without one, or where that one was deleted meanwhile, the turn begins
  /// its own, whose id is the turn's.
  std::optional<base::ConversationId> conversation = std::nullopt;
  /// What a Replay needs beside the turn; kept only where the hold came with an idempotency key.
  std::string answer = {};
};

struct Settled {
  base::TurnId turn;
  base::ConversationId conversation;
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
  std::optional<base::Tokens> daily_limit = std::nullopt;  ///< what it may spend in a day (UTC), set by its user
};

/// How many accounts one answer of list_accounts() has at most.
inline constexpr std::int32_t accounts_listed_max = 1'000;

struct NewKey {
  std::string name;  ///< checked by the caller
  crypto::Digest digest{};
  std::optional<base::Tokens> limit = std::nullopt;        ///< what it may spend in all
  std::optional<base::Tokens> daily_limit = std::nullopt;  ///< what it may spend in a day (UTC)
  std::optional<base::Timestamp> expires = std::nullopt;   ///< from then on it is no credential any more
};

struct KeySummary {
  base::KeyId id;
  std::string name;
  base::Timestamp created;
  std::optional<base::Timestamp> expires = std::nullopt;
  std::optional<base::Timestamp> last_used = std::nullopt;  ///< up to a minute behind where memory of it was lost
  std::optional<base::Tokens> limit = std::nullopt;
  std::optional<base::Tokens> daily_limit = std::nullopt;
  base::Tokens spent;  ///< the sum of the charges made with it
};

/// API keys that an account may have at once, expired ones included.
inline constexpr std::int32_t keys_per_account_max = 100;
/// And may make in all: those that have ended stay on record, since entries name them.
inline constexpr std::int64_t keys_made_per_account_max = 10'000;

struct StatementLine {
  ledger::Entry entry;
  std::optional<base::KeyId> key = std::nullopt;  ///< the API key that a charge was made with
};

/// How many lines one answer of statement() has at most.
inline constexpr std::int32_t statement_lines_max = 1'000;

/// What an account has and did, for who watches it.
struct Figures {
  Balance balance;
  base::Tokens spent;        ///< the sum of all its charges
  base::Tokens spent_today;  ///< since midnight (UTC)
};

/// Ends the watching when it is destroyed, on the executor that watch() was given; nothing is told after that.
class Watch {
 public:
  Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  virtual ~Watch() = default;
};

/// Hears the newest figures; nothing once the credential has ended, which is the last word.
using TellFigures = std::function<void(std::optional<Figures> figures)>;

/// Watches that one account may have at once.
inline constexpr std::int32_t watches_per_account_max = 16;

/// Idempotency keys are remembered for at least this long after their turn was settled.
inline constexpr std::chrono::hours idempotency_kept_min{24};

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

  /// The login of who presents a login token. `unauthenticated` as authenticate(); `forbidden` to an API key.
  virtual async::Task<base::Result<Login>> find_login(Presented credential) = 0;

  /// Makes `token` the account's one login token and ends the one before. `unauthenticated` where the account is
  /// disabled or its password hash is no longer `password_hash_seen`: the password was changed while it was checked.
  virtual async::Task<base::Result<void>> replace_login_token(base::AccountId account, std::string password_hash_seen,
                                                              crypto::Digest token) = 0;

  /// Ends the login token that is presented. `unauthenticated` as authenticate(); `forbidden` to an API key.
  virtual async::Task<base::Result<void>> end_login_token(Presented credential) = 0;

  /// Sets the password hash and ends the login token; API keys go on. `conflict` where the hash is no longer
  /// `password_hash_seen`; nothing seen overrules (the operator's reset). `not_found` where there is no such account,
  /// or it was deleted.
  virtual async::Task<base::Result<void>> change_password(base::AccountId account,
                                                          std::optional<std::string> password_hash_seen,
                                                          std::string password_hash) = 0;

  /// `unauthenticated` where the account or credential is unknown, ended or expired, or the account is disabled.
  virtual async::Task<base::Result<base::AccountId>> authenticate(Presented credential) = 0;

  /// What the account of the credential has. `unauthenticated` as authenticate().
  virtual async::Task<base::Result<Balance>> balance(Presented credential) = 0;

  /// The account of the credential, as the operator's list has it. `unauthenticated` as authenticate().
  virtual async::Task<base::Result<AccountSummary>> account(Presented credential) = 0;

  /// Ends the account for good: its credentials end, its texts are deleted, its name stays taken, its ledger stays.
  /// `unauthenticated` as authenticate(); `forbidden` to an API key; `conflict` (with retry_after) while a hold is
  /// open.
  virtual async::Task<base::Result<void>> delete_account(Presented credential) = 0;

  /// Makes an API key. `unauthenticated` as authenticate(); `forbidden` to an API key; `invalid_input` where its limit
  /// is negative; `conflict` where the account has keys_per_account_max, or made keys_made_per_account_max.
  virtual async::Task<base::Result<KeySummary>> create_key(Presented credential, NewKey key) = 0;

  /// The account's API keys, oldest first. `unauthenticated` as authenticate(); `forbidden` to an API key.
  virtual async::Task<base::Result<std::vector<KeySummary>>> list_keys(Presented credential) = 0;

  /// Ends an API key; requests in flight with it finish. `unauthenticated` as authenticate(); `forbidden` to an API
  /// key; `not_found` where the account has no such key.
  virtual async::Task<base::Result<void>> end_key(Presented credential, base::KeyId key) = 0;

  /// The account's entries, newest first, from the first whose sequence is below `before` (nothing: from the newest);
  /// at most `lines_max`, and at most statement_lines_max. An empty answer is the end. `unauthenticated` as
  /// authenticate().
  virtual async::Task<base::Result<std::vector<StatementLine>>> statement(Presented credential,
                                                                          std::optional<std::int64_t> before,
                                                                          std::int32_t lines_max) = 0;

  /// Sets what the account may spend in a day (UTC), or lifts that. `unauthenticated` as authenticate(); `forbidden` to
  /// an API key; `invalid_input` where it is negative.
  virtual async::Task<base::Result<void>> set_daily_limit(Presented credential, std::optional<base::Tokens> limit) = 0;

  /// The same for an API key. Also `not_found` where the account has no such key.
  virtual async::Task<base::Result<void>> set_key_daily_limit(Presented credential, base::KeyId key,
                                                              std::optional<base::Tokens> limit) = 0;

  /// Tells the account's figures on `home`: at once, and soon after each commit, hold and release that changed them
  /// (only the newest where they change faster than they are heard). `unauthenticated` as authenticate();
  /// `too_many_requests` where the account has watches_per_account_max. `home` must outlive the store's last word to
  /// it: drain() says when.
  virtual async::Task<base::Result<std::unique_ptr<Watch>>> watch(Presented credential, async::Executor home,
                                                                  TellFigures tell) = 0;

  /// The account's conversations that have texts. `unauthenticated` as authenticate().
  virtual async::Task<base::Result<ConversationPage>> list_conversations(Presented credential,
                                                                         ConversationQuery query) = 0;

  /// One conversation without its turns. `unauthenticated` as authenticate(); `not_found` where the account has no such
  /// conversation, or its texts were deleted.
  virtual async::Task<base::Result<ConversationSummary>> find_conversation(Presented credential,
                                                                           base::ConversationId conversation) = 0;

  /// The turns of a conversation, newest first, from the first whose id is below `before` (nothing: from the newest);
  /// at most `count_max`, and at most turns_read_max and turns_read_bytes_max. An empty answer is the end. Errors as
  /// find_conversation().
  virtual async::Task<base::Result<std::vector<TurnRecord>>> read_conversation(Presented credential,
                                                                               base::ConversationId conversation,
                                                                               std::optional<base::TurnId> before,
                                                                               std::int32_t count_max) = 0;

  /// Sets the title; empty: none. Errors as find_conversation(); `invalid_input` beyond title_bytes_max.
  virtual async::Task<base::Result<void>> rename_conversation(Presented credential, base::ConversationId conversation,
                                                              std::string title) = 0;

  /// Deletes the texts and the title for good; charges and entries stay as they are. Errors as find_conversation().
  virtual async::Task<base::Result<void>> delete_conversation(Presented credential,
                                                              base::ConversationId conversation) = 0;

  /// Authenticates and sets tokens aside, in one step. In this order: `unauthenticated` as authenticate(); with an
  /// idempotency key: `mismatch` where it was used with another fingerprint, `conflict` (with retry_after) while a hold
  /// with it is open, `gone` where the texts of its turn were deleted since, else a Replay where its turn was settled;
  /// `too_many_requests` (with retry_after) where the account has `in_flight_max` holds open; a Shortfall where fewer
  /// than `amount` (or `amount_min`) are available, or a limit leaves less than that: the presented key's, its daily
  /// one, the account's daily one (spent + held + amount <= limit). A charge counts for the day on which it is settled.
  virtual async::Task<base::Result<HoldDecision>> hold(HoldRequest request) = 0;

  /// Ends the hold by writing the charge and the turn, and the record of its idempotency key, together. Whatever it
  /// answers, the hold has ended: an error means that nothing was charged and nothing saved. `invalid_input` where the
  /// charge is negative or above what is held. Never `overloaded`: what it would add to a queue is bounded by the holds
  /// that are open.
  virtual async::Task<base::Result<Settled>> settle(Hold hold, Settlement settlement) = 0;

  /// Adds `amount` (negative: takes it away) as one entry of this kind: credit, refund, redemption or adjustment.
  /// `not_found`; `invalid_input` where the sign does not fit the kind, the balance would leave the range, or less than
  /// what is taken away is available.
  virtual async::Task<base::Result<Balance>> post(base::AccountId account, ledger::EntryKind kind,
                                                  base::Tokens amount) = 0;

  /// Disables the account, which ends its credentials (the API keys too), or enables it again. `not_found` where there
  /// is no such account, or it was deleted.
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
