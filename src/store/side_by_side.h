#pragma once
// A keeper and the model of it, taking the same steps.

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "store/keeper_under_test.h"
#include "store/model_account.h"
#include "store/model_steps.h"
#include "store/sqlite/idempotency.h"
#include "store/store_fixture.h"

namespace parley::store {

inline constexpr std::int32_t in_flight_max = 3;

/// How a step asks for a hold.
struct ModelCaller {
  Presented credential;
  bool good = false;
  std::optional<base::KeyId> key;
  std::optional<Idempotency> idempotency;
  std::uint64_t fingerprint = 0;
};

struct ModelHold {
  int account;
  std::int64_t amount;
  ModelCaller caller;
  Hold hold;
};

/// Takes each step on the keeper and on the model, and holds their answers against each other.
class SideBySide {
 public:
  explicit SideBySide(const MachineKind& kind) : keeper_(kind.make()), asking_(keeper_->store()) {}

  void take(const Step& step) {
    keeper_->clock.advance(std::chrono::milliseconds(3));
    trouble_ = step.kind == Step::reopen || step.kind == Step::cut_power ? Step::none : step.trouble;
    if (trouble_ == Step::none) return take_well(step);
    trouble_ == Step::full_disk ? keeper_->fill_disk() : keeper_->break_disk();
    try {
      take_well(step);
    } catch (const Refused&) {  // nothing came of it: the power cut takes what a failed sync has left
    }
    if (std::exchange(trouble_, Step::none) == Step::full_disk) return keeper_->empty_disk();
    restart([this] { keeper_->cut_power(); });
  }

  void compare() {
    std::int64_t held = 0;
    for (auto& [name, account] : accounts_) {
      const auto balance = asking_.ask(store().balance(presented(account)));
      RC_ASSERT(code_of(balance) == (account.token != 0 ? "ok" : "unauthenticated"));
      if (balance.has_value()) {
        RC_ASSERT(*balance == balance_of(account.posted, account.held));
        compare_keys(account);
      }
      held += account.holds;
    }
    const HoldCounts counts = store().hold_counts();
    RC_ASSERT(counts.open == held);
    RC_ASSERT(counts.taken == counts.settled + counts.released + counts.open);
  }

  void compare_all() {
    compare();
    const auto list = asking_.ask(store().list_accounts("", 100)).value();
    RC_ASSERT(list.size() == accounts_.size());
    for (const AccountSummary& summary : list) {
      const ModelAccount& account = accounts_.at(std::stoi(summary.username));
      RC_ASSERT(summary.account == account.id);
      RC_ASSERT(summary.disabled == account.disabled);
      RC_ASSERT(summary.daily_limit == in_tokens(account.daily_limit));
      RC_ASSERT(summary.balance == balance_of(account.posted, account.held));
      if (account.token != 0) compare_statement(account);
      if (account.token != 0) account.conversations.compare(asking_, store(), presented(account));
    }
    const VerifyReport report = keeper_->verify();
    RC_ASSERT(report.sound());
    RC_ASSERT(report.turns == turns_);
  }

 private:
  /// The machine's trouble kept the store from doing it.
  struct Refused {};

  void take_well(const Step& step) {
    if (step.kind == Step::create) return create(step);
    if (step.kind == Step::reopen) return restart([this] { keeper_->reopen(); });
    if (step.kind == Step::cut_power) return restart([this] { keeper_->cut_power(); });
    if (step.kind == Step::wait) return keeper_->clock.advance(std::chrono::hours(13));
    if (step.kind == Step::settle || step.kind == Step::release) return end_hold(step);
    if (const auto found = accounts_.find(step.which); found != accounts_.end()) on_account(step, found->second);
  }

  /// What the store answers to a step.
  template <class T>
  T answer(async::Task<T> task) {
    T answered = asking_.ask(std::move(task));
    if (trouble_ != Step::none && code_of(answered) == "store_unavailable") throw Refused();
    return answered;
  }

  Store& store() { return keeper_->store(); }
  static Presented presented(const ModelAccount& account) { return {account.id, secret(account.token)}; }
  static Presented presented(const ModelAccount& account, const ModelKey& key) {
    return {account.id, secret(key.secret), CredentialKind::api_key};
  }
  static std::string hash(std::uint64_t password) { return "hash " + std::to_string(password); }

  void create(const Step& step) {
    const std::string name = std::to_string(step.which);
    const std::int64_t opening = 10 * step.amount;
    const auto id = answer(store().create_account({name, name, hash(1), tokens(opening)}));
    const bool taken = accounts_.contains(step.which);
    RC_ASSERT(code_of(id) == (taken ? "conflict" : opening < 0 ? "invalid_input" : "ok"));
    if (!id.has_value()) return;
    accounts_[step.which] = {.id = *id, .posted = opening};
    if (opening > 0) accounts_[step.which].entries.push_back(std::nullopt);
  }

  void compare_keys(const ModelAccount& account) {
    const auto keys = asking_.keys(presented(account));
    RC_ASSERT(keys.size() == account.keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      RC_ASSERT(keys[i].id == account.keys[i].id);
      RC_ASSERT(keys[i].spent == tokens(account.keys[i].spent));
      RC_ASSERT(keys[i].expires == account.keys[i].expires);
      RC_ASSERT(keys[i].limit == in_tokens(account.keys[i].limit));
      RC_ASSERT(keys[i].daily_limit == in_tokens(account.keys[i].daily_limit));
    }
  }

  void compare_statement(const ModelAccount& account) {
    const auto lines = asking_.ask(store().statement(presented(account), std::nullopt, statement_lines_max)).value();
    RC_ASSERT(lines.size() == account.entries.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      RC_ASSERT(lines[i].entry.sequence == static_cast<std::int64_t>(lines.size() - i));
      RC_ASSERT(lines[i].key == account.entries[lines.size() - 1 - i]);
    }
    if (!lines.empty()) RC_ASSERT(lines[0].entry.balance_after == tokens(account.posted));
  }

  void on_account(const Step& step, ModelAccount& account) {
    switch (step.kind) {
      case Step::log_in: return log_in(account);
      case Step::log_out: return log_out(account);
      case Step::disable:
      case Step::enable: return set_disabled(account, step.kind == Step::disable);
      case Step::hold: return hold(step, account);
      case Step::post: return post(step, account);
      case Step::change_password: return change_password(step, account);
      case Step::create_key: return create_key(step, account);
      case Step::end_key: return end_key(step, account);
      case Step::limit_account: return limit_account(step, account);
      case Step::limit_key: return limit_key(step, account);
      case Step::erase: return erase(account);
      case Step::erase_conversation: return erase_conversation(step, account);
      default: return;
    }
  }

  void log_in(ModelAccount& account) {
    const auto done = answer(store().replace_login_token(account.id, hash(account.password), secret(++secrets_)));
    RC_ASSERT(code_of(done) == (account.disabled ? "unauthenticated" : "ok"));
    if (done.has_value()) account.token = secrets_;
  }

  void log_out(ModelAccount& account) {
    const auto done = answer(store().end_login_token(presented(account)));
    RC_ASSERT(code_of(done) == (account.token != 0 ? "ok" : "unauthenticated"));
    account.token = 0;
  }

  void set_disabled(ModelAccount& account, bool disabled) {
    const auto done = answer(store().set_disabled(account.id, disabled));
    RC_ASSERT(code_of(done) == (account.deleted ? "not_found" : "ok"));
    if (account.deleted) return;
    account.disabled = disabled;
    if (disabled) end_credentials(account);
  }

  static void end_credentials(ModelAccount& account) {
    account.token = 0;
    account.keys.clear();
  }

  void create_key(const Step& step, ModelAccount& account) {
    ModelKey key{.id = {}, .secret = ++secrets_, .limit = {}, .daily_limit = {}, .expires = {}};
    NewKey asked{.name = "key", .digest = secret(key.secret)};
    if (step.how % 2 == 0) {
      key.limit = step.amount;
      asked.limit = tokens(step.amount);
    }
    if (step.how % 7 == 0) {
      key.daily_limit = step.amount / 2;
      asked.daily_limit = tokens(step.amount / 2);
    }
    if (step.how % 3 == 0) asked.expires = key.expires = keeper_->clock.now() + std::chrono::hours(10);
    const auto made = answer(store().create_key(presented(account), asked));
    const bool negative = key.limit.value_or(0) < 0 || key.daily_limit.value_or(0) < 0;
    RC_ASSERT(code_of(made) == (account.token == 0 ? "unauthenticated" : negative ? "invalid_input" : "ok"));
    if (made.has_error()) return;
    key.id = made->id;
    account.keys.push_back(key);
  }

  void end_key(const Step& step, ModelAccount& account) {
    const base::KeyId id = account.keys.empty() ? base::KeyId{1} : account.keys[step.how % account.keys.size()].id;
    const auto done = answer(store().end_key(presented(account), id));
    RC_ASSERT(code_of(done) == (account.token == 0 ? "unauthenticated" : account.keys.empty() ? "not_found" : "ok"));
    if (done.has_value()) std::erase_if(account.keys, [&](const ModelKey& key) { return key.id == id; });
  }

  /// Lifted where the step says so.
  static std::optional<std::int64_t> new_limit(const Step& step) {
    return step.how % 5 == 0 ? std::nullopt : std::optional(step.amount);
  }
  static std::optional<base::Tokens> in_tokens(std::optional<std::int64_t> count) {
    return count ? std::optional(tokens(*count)) : std::nullopt;
  }

  void limit_account(const Step& step, ModelAccount& account) {
    const auto limit = new_limit(step);
    const bool negative = limit.value_or(0) < 0;
    const auto done = answer(store().set_daily_limit(presented(account), in_tokens(limit)));
    RC_ASSERT(code_of(done) == (account.token == 0 ? "unauthenticated" : negative ? "invalid_input" : "ok"));
    if (done.has_value()) account.daily_limit = limit;
  }

  void limit_key(const Step& step, ModelAccount& account) {
    const auto limit = new_limit(step);
    const bool none = account.keys.empty();
    const base::KeyId id = none ? base::KeyId{1} : account.keys[step.how % account.keys.size()].id;
    const auto done = answer(store().set_key_daily_limit(presented(account), id, in_tokens(limit)));
    const std::string refusal = limit.value_or(0) < 0 ? "invalid_input" : none ? "not_found" : "ok";
    RC_ASSERT(code_of(done) == (account.token == 0 ? "unauthenticated" : refusal));
    if (done.has_value()) account.key(id)->daily_limit = limit;
  }

  void erase(ModelAccount& account) {
    const auto done = answer(store().delete_account(presented(account)));
    RC_ASSERT(code_of(done) == (account.token == 0 ? "unauthenticated" : account.holds != 0 ? "conflict" : "ok"));
    if (done.has_error()) return;
    account.disabled = account.deleted = true;
    account.records.clear();
    account.conversations.erase_all();
    end_credentials(account);
  }

  /// One of those that any account began, or a number that is none's.
  base::ConversationId some_conversation(unsigned how) const {
    std::vector<base::ConversationId> all{{0}};
    for (const auto& [name, account] : accounts_) account.conversations.append_ids(all);
    return all[how % all.size()];
  }

  void erase_conversation(const Step& step, ModelAccount& account) {
    const base::ConversationId id = some_conversation(step.how);
    const auto done = answer(store().delete_conversation(presented(account), id));
    RC_ASSERT(code_of(done) == (account.token == 0              ? "unauthenticated"
                                : account.conversations.has(id) ? "ok"
                                                                : "not_found"));
    if (done.has_value()) account.conversations.erase(id);
  }

  void change_password(const Step& step, ModelAccount& account) {
    const bool right = step.amount >= 0;
    const auto done =
        answer(store().change_password(account.id, hash(right ? account.password : 0), hash(account.password + 1)));
    RC_ASSERT(code_of(done) == (account.deleted ? "not_found" : right ? "ok" : "conflict"));
    if (done.has_error()) return;
    ++account.password;
    account.token = 0;
  }

  /// The login or one of the keys; without an idempotency key, or with one of two and one of two fingerprints.
  ModelCaller caller(const Step& step, const ModelAccount& account) const {
    ModelCaller caller{.credential = presented(account), .good = account.token != 0, .key = {}, .idempotency = {}};
    if (step.how % 2 == 1 && !account.keys.empty()) {
      const ModelKey& key = account.keys[step.how / 20 % account.keys.size()];
      caller.credential = presented(account, key);
      caller.good = !key.expires || *key.expires > keeper_->clock.now();
      caller.key = key.id;
    }
    const unsigned idempotency = step.how / 2 % 10;
    if (idempotency >= 6) return caller;
    caller.fingerprint = idempotency == 0 ? 2 : 1;
    caller.idempotency = Idempotency{.key = idempotency < 4 ? "a" : "b", .fingerprint = secret(caller.fingerprint)};
    return caller;
  }

  /// What the idempotency key leads to: an error, "replay", or "" where it is free.
  std::string idempotency_outcome(const ModelCaller& caller, const ModelAccount& account) const {
    if (!caller.idempotency) return "";
    if (const auto open = account.in_flight.find(caller.idempotency->key); open != account.in_flight.end()) {
      return open->second == caller.fingerprint ? "conflict" : "mismatch";
    }
    const auto record = account.records.find(caller.idempotency->key);
    if (record == account.records.end()) return "";
    if (keeper_->clock.now() - record->second.settled >= sqlite::idempotency_kept) return "";
    if (record->second.fingerprint != caller.fingerprint) return "mismatch";
    return account.conversations.has(record->second.conversation) ? "replay" : "gone";
  }

  void hold(const Step& step, ModelAccount& account) {
    const ModelCaller caller = this->caller(step, account);
    const std::string outcome = idempotency_outcome(caller, account);
    auto decision = answer(store().hold({.credential = caller.credential,
                                         .amount = tokens(step.amount),
                                         .amount_min = in_tokens(amount_min(step)),
                                         .in_flight_max = in_flight_max,
                                         .idempotency = caller.idempotency}));
    RC_ASSERT(code_of(decision) == (!caller.good                     ? "unauthenticated"
                                    : step.amount < 0                ? "invalid_input"
                                    : outcome == "replay"            ? "ok"
                                    : !outcome.empty()               ? outcome
                                    : account.holds >= in_flight_max ? "too_many_requests"
                                                                     : "ok"));
    if (decision.has_error()) return;
    if (outcome == "replay") return compare(std::get<Replay>(*decision), account.records.at(caller.idempotency->key));
    decide(step, account, caller, std::move(*decision));
  }

  static void compare(const Replay& replay, const ModelRecord& record) {
    RC_ASSERT(replay.turn == record.turn);
    RC_ASSERT(replay.conversation == record.conversation);
    RC_ASSERT(replay.charge == tokens(record.charge));
    RC_ASSERT(replay.available == tokens(record.available));
    RC_ASSERT(replay.message == "question");
    RC_ASSERT(replay.response == "answer");
  }

  void decide(const Step& step, ModelAccount& account, const ModelCaller& caller, HoldDecision decision) {
    ModelKey* key = account.key(caller.key);
    const std::int64_t required = amount_min(step).value_or(step.amount);
    std::int64_t leaves = account.posted - account.held;
    const bool account_has_enough = leaves >= required;
    const auto limits = account.limits(key, today());
    for (const Allowance& limit : limits) leaves = std::min(leaves, limit.left.available().count());
    RC_ASSERT(std::holds_alternative<Held>(decision) == (leaves >= required));
    if (const auto* shortfall = std::get_if<Shortfall>(&decision)) {
      RC_ASSERT(shortfall->required == tokens(required));
      RC_ASSERT(shortfall->balance == balance_of(account.posted, account.held));
      RC_ASSERT(shortfall->allowance.has_value() == account_has_enough);
      if (!account_has_enough) return;
      RC_ASSERT(shortfall->allowance->left.available() == tokens(leaves));
      RC_ASSERT(std::ranges::count(limits, *shortfall->allowance) == 1);
      return;
    }
    const std::int64_t amount = std::min(step.amount, leaves);
    auto& held = std::get<Held>(decision);
    RC_ASSERT(held.amount == tokens(amount));
    account.held += amount;
    RC_ASSERT(held.balance == balance_of(account.posted, account.held));
    ++account.holds;
    if (key != nullptr) key->held += amount;
    if (caller.idempotency) account.in_flight[caller.idempotency->key] = caller.fingerprint;
    holds_.push_back({step.which, amount, caller, std::move(held.hold)});
  }

  /// None, the half of the amount, or zero.
  static std::optional<std::int64_t> amount_min(const Step& step) {
    if (step.how < 120 || step.amount < 0) return std::nullopt;
    return step.how < 180 ? step.amount / 2 : 0;
  }

  std::int64_t today() const { return keeper_->clock.now().time_since_epoch() / std::chrono::days(1); }

  void end_hold(const Step& step) {
    if (holds_.empty()) return;
    const auto at = holds_.begin() + step.which % static_cast<std::ptrdiff_t>(holds_.size());
    ModelHold ending = std::move(*at);
    holds_.erase(at);
    ModelAccount& account = accounts_.at(ending.account);
    ModelKey* key = account.key(ending.caller.key);
    account.held -= ending.amount;
    --account.holds;
    if (key != nullptr) key->held -= ending.amount;
    if (ending.caller.idempotency) account.in_flight.erase(ending.caller.idempotency->key);
    if (step.kind == Step::release) return;
    // Most settlements fit, so that something is spent.
    const std::int64_t charge =
        step.how % 4 == 0 ? step.amount : std::clamp<std::int64_t>(step.amount, 0, ending.amount);
    const bool fits = charge >= 0 && charge <= ending.amount;
    Settlement settlement{.charge = tokens(charge), .message = "question", .response = "answer"};
    if (step.how % 3 != 0) settlement.conversation = some_conversation(step.how / 3);
    const auto settled = answer(store().settle(std::move(ending.hold), settlement));
    RC_ASSERT(code_of(settled) == (fits ? "ok" : "invalid_input"));
    if (!fits) return;
    account.posted -= charge;
    account.entries.push_back(ending.caller.key);
    account.charges.push_back({.day = today(), .key = ending.caller.key, .charge = charge});
    if (key != nullptr) key->spent += charge;
    ++turns_;
    RC_ASSERT(settled->balance == balance_of(account.posted, account.held));
    RC_ASSERT(settled->conversation == account.conversations.settle(settled->turn, settlement.conversation));
    if (!ending.caller.idempotency) return;
    account.records[ending.caller.idempotency->key] = {.fingerprint = ending.caller.fingerprint,
                                                       .settled = keeper_->clock.now(),
                                                       .turn = settled->turn,
                                                       .conversation = settled->conversation,
                                                       .charge = charge,
                                                       .available = account.posted - account.held};
  }

  void post(const Step& step, ModelAccount& account) {
    const bool credit = step.which == 0;
    const bool sign_fits = credit ? step.amount > 0 : step.amount != 0;
    const bool fits = sign_fits && account.posted - account.held + step.amount >= 0;
    const auto posted = answer(store().post(
        account.id, credit ? ledger::EntryKind::credit : ledger::EntryKind::adjustment, tokens(step.amount)));
    RC_ASSERT(code_of(posted) == (fits ? "ok" : "invalid_input"));
    if (!fits) return;
    account.posted += step.amount;
    account.entries.push_back(std::nullopt);
  }

  template <class How>
  void restart(How how) {
    holds_.clear();
    for (auto& [name, account] : accounts_) {
      account.held = account.holds = 0;
      account.in_flight.clear();
      for (ModelKey& key : account.keys) key.held = 0;
    }
    how();
    asking_.ask_instead(store());
  }

  std::unique_ptr<KeeperOnMachine> keeper_;
  Step::Trouble trouble_ = Step::none;
  Asking asking_;
  std::map<int, ModelAccount> accounts_;
  std::vector<ModelHold> holds_;
  std::uint64_t secrets_ = 0;
  std::int64_t turns_ = 0;
};

}  // namespace parley::store
