#include "prove/judge.h"

#include <algorithm>
#include <unordered_map>

namespace parley::prove {
namespace {

/// What is known of one request.
struct Case {
  std::vector<const TurnRow*> turns;
  std::int64_t answers = 0;
  bool left = false;  ///< an attempt ended without a word to its client
};

class Judge {
 public:
  explicit Judge(const Journal& journal) : journal_(journal), cases_(journal.requests.size()) {}

  Verdict judge(const std::vector<AccountRows>& rows) {
    for (std::size_t account = 0; account < rows.size(); ++account) look_at_account(account, rows[account]);
    for (const Attempt& attempt : journal_.attempts) look_at_attempt(attempt);
    for (std::size_t request = 0; request < cases_.size(); ++request) look_at_request(request);
    return std::move(verdict_);
  }

 private:
  void offend(std::int64_t& count, std::string what) {
    ++count;
    if (verdict_.offences.size() < Verdict::offences_named_max) verdict_.offences.push_back(std::move(what));
  }

  void look_at_account(std::size_t index, const AccountRows& rows) {
    const std::string name = "account " + std::to_string(index + 1);
    const Account& account = journal_.accounts[index];
    if (account.balance_min < 0) offend(verdict_.overdrafts, name + " was shown a balance below zero");
    std::unordered_map<std::int64_t, std::int64_t> charges;  // of each turn
    std::int64_t balance = 0;
    std::int64_t charged = 0;
    bool gapless = true;
    for (const EntryRow& entry : rows.entries) {
      balance += entry.amount;
      gapless = gapless && balance == entry.balance_after;
      if (std::min(balance, entry.balance_after) < 0) {
        offend(verdict_.overdrafts,
               name + " had " + std::to_string(std::min(balance, entry.balance_after)) + " tokens");
      }
      if (!entry.charge) continue;
      charged -= entry.amount;
      look_at_charge(entry, ++charges[entry.turn]);
    }
    look_at_turns(index, rows.turns, charges);
    const std::int64_t told = account.balance_at_end.value_or(balance);
    if (!gapless || told != balance || account.given - charged != balance) {
      offend(verdict_.unbalanced, name + " was given " + std::to_string(account.given) + ", charged " +
                                      std::to_string(charged) + ", has " + std::to_string(balance) +
                                      " and was told it had " + std::to_string(told));
    }
  }

  void look_at_charge(const EntryRow& entry, std::int64_t charges_of_turn) {
    const std::string name = "turn " + std::to_string(entry.turn);
    if (charges_of_turn > 1) offend(verdict_.double_charges, name + " is charged again");
    const std::int64_t charge = -entry.amount;
    if (charge > journal_.price) offend(verdict_.double_charges, name + " costs " + std::to_string(charge));
    if (charge < journal_.price) offend(verdict_.lost_charges, name + " costs " + std::to_string(charge));
  }

  /// `charges` has the turns that are charged; those whose texts are found go from it.
  void look_at_turns(std::size_t account, const std::vector<TurnRow>& turns,
                     std::unordered_map<std::int64_t, std::int64_t>& charges) {
    for (const TurnRow& turn : turns) {
      ++verdict_.turns;
      if (charges.erase(turn.turn) == 0) {
        offend(verdict_.lost_charges, "turn " + std::to_string(turn.turn) + " has no charge");
      }
      const auto request = request_of(turn.message);
      if (request && *request < cases_.size() && journal_.requests[*request].account == account) {
        cases_[*request].turns.push_back(&turn);
      } else {
        offend(verdict_.double_charges, "turn " + std::to_string(turn.turn) + " is of no request");
      }
    }
    for (const auto& [turn, count] : charges) {
      offend(verdict_.lost_charges, "a charge has no turn " + std::to_string(turn));
    }
  }

  void look_at_attempt(const Attempt& attempt) {
    const bool streamed = journal_.requests[attempt.request].streamed;
    Case& seen = cases_[attempt.request];
    switch (attempt.outcome) {
      case Outcome::answered:
        ++verdict_.answered;
        if (streamed) ++verdict_.streams_done;
        if (++seen.answers > 1) ++verdict_.replays;
        return look_for_turn(attempt, seen);
      case Outcome::left:
        seen.left = true;
        ++(streamed ? verdict_.streams_left : verdict_.chats_left);
        return;
      case Outcome::cut_off:
        seen.left = true;
        ++verdict_.unexpected;
        return;
      case Outcome::no_tokens: ++verdict_.no_tokens; return;
      case Outcome::in_flight: ++verdict_.in_flight; return;
      case Outcome::engine_failed: ++verdict_.engine_failed; return;
      case Outcome::refused: ++verdict_.unexpected; return;
    }
  }

  void look_for_turn(const Attempt& answer, const Case& seen) {
    const bool found = std::ranges::any_of(seen.turns, [&](const TurnRow* turn) {
      return turn->response == answer.response && (answer.turn == 0 || answer.turn == turn->turn);
    });
    if (!found)
      offend(verdict_.lost_charges, "an answer to request " + std::to_string(answer.request) + " has no turn");
  }

  void look_at_request(std::size_t request) {
    const Case& seen = cases_[request];
    for (std::size_t turn = 1; turn < seen.turns.size(); ++turn) {
      offend(verdict_.double_charges,
             "request " + std::to_string(request) + " has the turn " + std::to_string(seen.turns[turn]->turn) + " too");
    }
    if (seen.turns.empty() || seen.answers > 0) return;
    if (seen.left) {
      ++verdict_.charged_unanswered;
    } else {
      offend(verdict_.refused_charges, "request " + std::to_string(request) + " was refused and charged");
    }
  }

  const Journal& journal_;
  std::vector<Case> cases_;
  Verdict verdict_;
};

}  // namespace

Verdict judge(const Journal& journal, const std::vector<AccountRows>& rows) {
  return Judge(journal).judge(rows);
}

}  // namespace parley::prove
