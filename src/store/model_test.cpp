// Random sequences of operations on every keeper beside a model so plain that it can be seen to be right.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "store/sqlite/keeper_under_test.h"
#include "store/store_fixture.h"

namespace parley::store {
namespace {

using ledger::EntryKind;

constexpr int names = 3;
constexpr std::int32_t in_flight_max = 3;

/// One step: what, on which account or hold, with which number.
struct Step {
  enum Kind { create, log_in, log_out, disable, enable, hold, settle, release, post, change_password, reopen } kind;
  int which;
  std::int64_t amount;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{" << step.kind << ", " << step.which << ", " << step.amount << "}";
}

rc::Gen<Step> any_step() {
  // Holds and settlements come more often than the rest.
  const auto kind = rc::gen::weightedElement<Step::Kind>({{4, Step::create},
                                                          {4, Step::log_in},
                                                          {1, Step::log_out},
                                                          {1, Step::disable},
                                                          {1, Step::enable},
                                                          {8, Step::hold},
                                                          {6, Step::settle},
                                                          {3, Step::release},
                                                          {4, Step::post},
                                                          {1, Step::change_password},
                                                          {1, Step::reopen}});
  return rc::gen::construct<Step>(kind, rc::gen::inRange(0, names), rc::gen::inRange<std::int64_t>(-40, 160));
}

struct ModelAccount {
  base::AccountId id;
  std::int64_t posted = 0;
  std::int64_t held = 0;
  int holds = 0;
  bool disabled = false;
  std::uint64_t password = 1;
  std::uint64_t token = 0;  ///< 0 for none
};

struct ModelHold {
  int account;
  std::int64_t amount;
  Hold hold;
};

/// Takes each step on the keeper and on the model, and holds their answers against each other.
class SideBySide {
 public:
  explicit SideBySide(const KeeperKind& kind) : keeper_(kind.make()), asking_(keeper_->store()) {}

  void take(const Step& step) {
    keeper_->clock.advance(std::chrono::milliseconds(3));
    if (step.kind == Step::create) return create(step);
    if (step.kind == Step::reopen) return reopen();
    if (step.kind == Step::settle || step.kind == Step::release) return end_hold(step);
    if (const auto found = accounts_.find(step.which); found != accounts_.end()) on_account(step, found->second);
  }

  void compare() {
    std::int64_t held = 0;
    for (auto& [name, account] : accounts_) {
      const auto balance = asking_.ask(store().balance(presented(account)));
      RC_ASSERT(code_of(balance) == (account.token != 0 ? "ok" : "unauthenticated"));
      if (balance.has_value()) RC_ASSERT(*balance == balance_of(account.posted, account.held));
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
      RC_ASSERT(summary.balance == balance_of(account.posted, account.held));
    }
    const VerifyReport report = keeper_->verify();
    RC_ASSERT(report.sound());
    RC_ASSERT(report.turns == turns_);
  }

 private:
  Store& store() { return keeper_->store(); }
  static Presented presented(const ModelAccount& account) { return {account.id, secret(account.token)}; }
  static std::string hash(std::uint64_t password) { return "hash " + std::to_string(password); }

  void create(const Step& step) {
    const std::string name = std::to_string(step.which);
    const auto id = asking_.ask(store().create_account({name, name, hash(1), tokens(step.amount)}));
    const bool taken = accounts_.contains(step.which);
    RC_ASSERT(code_of(id) == (taken ? "conflict" : step.amount < 0 ? "invalid_input" : "ok"));
    if (id.has_value()) accounts_[step.which] = {.id = *id, .posted = step.amount};
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
      default: return;
    }
  }

  void log_in(ModelAccount& account) {
    const auto done = asking_.ask(store().replace_login_token(account.id, hash(account.password), secret(++secrets_)));
    RC_ASSERT(code_of(done) == (account.disabled ? "unauthenticated" : "ok"));
    if (done.has_value()) account.token = secrets_;
  }

  void log_out(ModelAccount& account) {
    const auto done = asking_.ask(store().end_login_token(presented(account)));
    RC_ASSERT(code_of(done) == (account.token != 0 ? "ok" : "unauthenticated"));
    account.token = 0;
  }

  void set_disabled(ModelAccount& account, bool disabled) {
    RC_ASSERT(code_of(asking_.ask(store().set_disabled(account.id, disabled))) == "ok");
    account.disabled = disabled;
    if (disabled) account.token = 0;
  }

  void change_password(const Step& step, ModelAccount& account) {
    const bool right = step.amount >= 0;
    const auto done = asking_.ask(
        store().change_password(account.id, hash(right ? account.password : 0), hash(account.password + 1)));
    RC_ASSERT(code_of(done) == (right ? "ok" : "conflict"));
    if (!right) return;
    ++account.password;
    account.token = 0;
  }

  void hold(const Step& step, ModelAccount& account) {
    auto decision = asking_.ask(store().hold(
        {.credential = presented(account), .amount = tokens(step.amount), .in_flight_max = in_flight_max}));
    RC_ASSERT(code_of(decision) == (account.token == 0               ? "unauthenticated"
                                    : step.amount < 0                ? "invalid_input"
                                    : account.holds >= in_flight_max ? "too_many_requests"
                                                                     : "ok"));
    if (decision.has_error()) return;
    const bool enough = account.posted - account.held >= step.amount;
    RC_ASSERT(std::holds_alternative<Held>(*decision) == enough);
    if (!enough) return;
    account.held += step.amount;
    ++account.holds;
    holds_.push_back({step.which, step.amount, std::move(std::get<Held>(*decision).hold)});
  }

  void end_hold(const Step& step) {
    if (holds_.empty()) return;
    const auto at = holds_.begin() + step.which % static_cast<std::ptrdiff_t>(holds_.size());
    ModelHold ending = std::move(*at);
    holds_.erase(at);
    ModelAccount& account = accounts_.at(ending.account);
    account.held -= ending.amount;
    --account.holds;
    if (step.kind == Step::release) return;
    const bool fits = step.amount >= 0 && step.amount <= ending.amount;
    const auto settled = asking_.settle(std::move(ending.hold), step.amount);
    RC_ASSERT(code_of(settled) == (fits ? "ok" : "invalid_input"));
    if (!fits) return;
    account.posted -= step.amount;
    ++turns_;
    RC_ASSERT(settled->balance == balance_of(account.posted, account.held));
  }

  void post(const Step& step, ModelAccount& account) {
    const bool credit = step.which == 0;
    const bool sign_fits = credit ? step.amount > 0 : step.amount != 0;
    const bool fits = sign_fits && account.posted - account.held + step.amount >= 0;
    const auto posted =
        asking_.ask(store().post(account.id, credit ? EntryKind::credit : EntryKind::adjustment, tokens(step.amount)));
    RC_ASSERT(code_of(posted) == (fits ? "ok" : "invalid_input"));
    if (fits) account.posted += step.amount;
  }

  void reopen() {
    holds_.clear();
    for (auto& [name, account] : accounts_) account.held = account.holds = 0;
    keeper_->reopen();
    asking_.ask_instead(store());
  }

  std::unique_ptr<KeeperUnderTest> keeper_;
  Asking asking_;
  std::map<int, ModelAccount> accounts_;
  std::vector<ModelHold> holds_;
  std::uint64_t secrets_ = 0;
  std::int64_t turns_ = 0;
};

void side_by_side(const KeeperKind& kind) {
  const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
  SideBySide both(kind);
  for (const Step& step : steps) {
    both.take(step);
    both.compare();
  }
  both.compare_all();
}

RC_GTEST_PROP(Model, TheSqliteKeeperDoesWhatTheModelDoes, ()) {
  side_by_side(sqlite::sqlite_keeper());
}

RC_GTEST_PROP(Model, TheForgetfulSqliteKeeperDoesWhatTheModelDoes, ()) {
  side_by_side(sqlite::forgetful_sqlite_keeper());
}

}  // namespace
}  // namespace parley::store
