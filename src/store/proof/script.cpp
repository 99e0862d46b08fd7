#include "store/proof/script.h"

#include <algorithm>
#include <cstdlib>

namespace parley::store::proof {
namespace {

constexpr std::int64_t price = 100;
constexpr std::uint64_t key_secret = 50;

std::string hash_of(const std::string& name) {
  return "hash of " + name;
}

ScriptStep create(const std::string& name, std::int64_t opening) {
  return {"create " + name, [=](Actors& actors) { return actors.create(name, opening); },
          [=](Picture& picture) { picture[name].post(opening); }};
}

ScriptStep log_in(const std::string& name, std::uint64_t number) {
  return {"log " + name + " in", [=](Actors& actors) { return actors.log_in(name, number); },
          [=](Picture& picture) { picture[name].login = number; }};
}

ScriptStep chat(const std::string& name, const std::string& message) {
  return {name + " says " + message, [=](Actors& actors) { return actors.chat(name, message); },
          [=](Picture& picture) {
            picture[name].post(-price);
            picture[name].conversations.push_back({.title = "", .messages = {message}});
          }};
}

ConversationSeen& conversation(Picture& picture, const std::string& name, const std::string& first) {
  return *std::ranges::find(picture[name].conversations, first,
                            [](const ConversationSeen& each) { return each.messages.front(); });
}

ScriptStep go_on(const std::string& name, const std::string& message, const std::string& first) {
  return {name + " goes on with " + first, [=](Actors& actors) { return actors.chat(name, message, first); },
          [=](Picture& picture) {
            picture[name].post(-price);
            conversation(picture, name, first).messages.push_back(message);
          }};
}

ScriptStep chat_with_key(const std::string& name, const std::string& message) {
  return {name + " says " + message + " with a key",
          [=](Actors& actors) { return actors.chat_with_key(name, message); },
          [=](Picture& picture) {
            picture[name].post(-price, true);
            picture[name].keys.at(0).spent += price;
            picture[name].conversations.push_back({.title = "", .messages = {message}});
          }};
}

ScriptStep reopen() {
  return {"restart", nullptr};
}

}  // namespace

std::string Actors::create(const std::string& name, std::int64_t opening) {
  const auto made = asking_.ask(store_.create_account({name, name, hash_of(name), tokens(opening)}));
  if (made.has_value()) memory_.accounts[name] = *made;
  return code_of(made);
}

std::string Actors::log_in(const std::string& name, std::uint64_t number) {
  memory_.logins[name] = number;
  return code_of(asking_.ask(store_.replace_login_token(memory_.accounts.at(name), hash_of(name), secret(number))));
}

std::string Actors::chat(const std::string& message, const std::string& goes_on_with, HoldRequest request) {
  auto decision = asking_.ask(store_.hold(std::move(request)));
  if (decision.has_error()) return code_of(decision);
  Settlement settlement{.charge = tokens(price), .message = message, .response = std::string(3000, 'r')};
  if (!goes_on_with.empty()) settlement.conversation = memory_.conversations.at(goes_on_with);
  const auto settled = asking_.ask(store_.settle(std::move(std::get<Held>(*decision).hold), settlement));
  if (settled.has_value()) memory_.conversations[message] = settled->conversation;
  return code_of(settled);
}

std::string Actors::chat(const std::string& name, const std::string& message, const std::string& goes_on_with) {
  return chat(message, goes_on_with, {.credential = presented(name), .amount = tokens(price)});
}

std::string Actors::chat_with_key(const std::string& name, const std::string& message) {
  return chat(message, "",
              {.credential = {memory_.accounts.at(name), secret(key_secret), CredentialKind::api_key},
               .amount = tokens(price),
               .idempotency = Idempotency{.key = message, .fingerprint = secret(1)}});
}

std::string Actors::create_key(const std::string& name) {
  const NewKey key{.name = "laptop", .digest = secret(key_secret), .limit = tokens(600)};
  return code_of(asking_.ask(store_.create_key(presented(name), key)));
}

std::string Actors::end_key(const std::string& name) {
  const auto keys = asking_.ask(store_.list_keys(presented(name)));
  return keys.has_error() ? code_of(keys) : code_of(asking_.ask(store_.end_key(presented(name), keys->at(0).id)));
}

std::string Actors::rename(const std::string& name, const std::string& conversation, const std::string& title) {
  return code_of(
      asking_.ask(store_.rename_conversation(presented(name), memory_.conversations.at(conversation), title)));
}

std::string Actors::erase_conversation(const std::string& name, const std::string& conversation) {
  return code_of(asking_.ask(store_.delete_conversation(presented(name), memory_.conversations.at(conversation))));
}

std::string Actors::credit(const std::string& name, std::int64_t amount) {
  return code_of(asking_.ask(store_.post(memory_.accounts.at(name), ledger::EntryKind::credit, tokens(amount))));
}

std::string Actors::change_password(const std::string& name) {
  return code_of(asking_.ask(store_.change_password(memory_.accounts.at(name), hash_of(name), hash_of(name))));
}

std::string Actors::limit(const std::string& name, std::int64_t daily) {
  return code_of(asking_.ask(store_.set_daily_limit(presented(name), tokens(daily))));
}

std::string Actors::disable(const std::string& name) {
  return code_of(asking_.ask(store_.set_disabled(memory_.accounts.at(name), true)));
}

std::string Actors::erase(const std::string& name) {
  return code_of(asking_.ask(store_.delete_account(presented(name))));
}

bool runs_long() {
  const char* const form = std::getenv("PARLEY_PROOF");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return form != nullptr && std::string_view(form) == "long";
}

std::vector<ScriptStep> script() {
  return {
      create("ada", 1000),
      log_in("ada", 1),
      create("bob", 500),
      log_in("bob", 2),
      {"ada makes a key", [](Actors& actors) { return actors.create_key("ada"); },
       [](Picture& picture) { picture["ada"].keys.push_back({.name = "laptop", .spent = 0}); }},
      chat("ada", "one"),
      chat_with_key("ada", "two"),
      go_on("ada", "three", "one"),
      {"ada names a conversation", [](Actors& actors) { return actors.rename("ada", "one", "Numbers"); },
       [](Picture& picture) { conversation(picture, "ada", "one").title = "Numbers"; }},
      {"bob is credited", [](Actors& actors) { return actors.credit("bob", 50); },
       [](Picture& picture) { picture["bob"].post(50); }},
      {"bob changes the password", [](Actors& actors) { return actors.change_password("bob"); },
       [](Picture& picture) { picture["bob"].login.reset(); }},
      log_in("bob", 3),
      {"ada limits a day", [](Actors& actors) { return actors.limit("ada", 900); },
       [](Picture& picture) { picture["ada"].daily_limit = 900; }},
      reopen(),
      chat("ada", "four"),
      chat_with_key("ada", "five"),
      {"ada deletes a conversation", [](Actors& actors) { return actors.erase_conversation("ada", "one"); },
       [](Picture& picture) {
         std::erase_if(picture["ada"].conversations,
                       [](const ConversationSeen& each) { return each.messages.front() == "one"; });
       }},
      {"ada ends a key", [](Actors& actors) { return actors.end_key("ada"); },
       [](Picture& picture) { picture["ada"].keys.clear(); }},
      {"bob is disabled", [](Actors& actors) { return actors.disable("bob"); },
       [](Picture& picture) {
         picture["bob"].disabled = true;
         picture["bob"].login.reset();
       }},
      create("eve", 10),
      log_in("eve", 4),
      {"eve leaves for good", [](Actors& actors) { return actors.erase("eve"); },
       [](Picture& picture) {
         picture["eve"].disabled = true;
         picture["eve"].login.reset();
       }},
      reopen(),
      chat("ada", "six"),
  };
}

}  // namespace parley::store::proof
