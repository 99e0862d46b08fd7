#pragma once
// A day in the life of a store, step by step: each with what it does to the store and what it does to the picture.

#include <functional>
#include <string>
#include <vector>

#include "store/proof/picture.h"

namespace parley::store::proof {

/// What those who act were told, and remember beyond a restart.
struct Memory {
  std::map<std::string, base::AccountId> accounts;
  std::map<std::string, std::uint64_t> logins;
  std::map<std::string, base::ConversationId> conversations;  ///< by their messages
};

/// Who acts in the script, and through which store.
class Actors {
 public:
  Actors(Asking& asking, Store& store, Memory& memory) : asking_(asking), store_(store), memory_(memory) {}

  // Each answers the code of what it was answered; "ok" where it was done.
  std::string create(const std::string& name, std::int64_t opening);
  std::string log_in(const std::string& name, std::uint64_t number);
  std::string chat(const std::string& name, const std::string& message, const std::string& goes_on_with = "");
  std::string chat_with_key(const std::string& name, const std::string& message);
  std::string create_key(const std::string& name);
  std::string end_key(const std::string& name);
  std::string rename(const std::string& name, const std::string& conversation, const std::string& title);
  std::string erase_conversation(const std::string& name, const std::string& conversation);
  std::string credit(const std::string& name, std::int64_t amount);
  std::string change_password(const std::string& name);
  std::string limit(const std::string& name, std::int64_t daily);
  std::string disable(const std::string& name);
  std::string erase(const std::string& name);

 private:
  Presented presented(const std::string& name) const {
    return {memory_.accounts.at(name), secret(memory_.logins.at(name))};
  }
  std::string chat(const std::string& message, const std::string& goes_on_with, HoldRequest request);

  Asking& asking_;
  Store& store_;
  Memory& memory_;
};

struct ScriptStep {
  std::string what;
  /// Null: the store is closed, which checkpoints, and opened again.
  std::function<std::string(Actors&)> act;
  std::function<void(Picture&)> effect = [](Picture&) {};
};

/// PARLEY_PROOF=long: all that can be tried, however long that takes.
bool runs_long();

/// The secret(1) to secret(…) that the script logs in with.
inline constexpr std::uint64_t script_secrets = 4;

/// Every kind of operation that writes, a restart, and enough of them that the log is carried over in between.
std::vector<ScriptStep> script();

}  // namespace parley::store::proof
