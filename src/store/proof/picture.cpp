#include "store/proof/picture.h"

#include <algorithm>

namespace parley::store::proof {
namespace {

std::vector<ConversationSeen> conversations_of(Asking& asking, Store& store, const Presented& login) {
  std::vector<ConversationSeen> seen;
  const auto page = asking.ask(store.list_conversations(login, {.text = "", .count_max = 100})).value();
  for (const ConversationSummary& summary : page.conversations) {
    ConversationSeen conversation{.title = summary.title, .messages = {}};
    const auto turns =
        asking.ask(store.read_conversation(login, summary.conversation, std::nullopt, turns_read_max)).value();
    for (const TurnRecord& turn : turns) conversation.messages.insert(conversation.messages.begin(), turn.message);
    if (conversation.title == conversation.messages.front()) conversation.title.clear();
    seen.push_back(std::move(conversation));
  }
  std::ranges::sort(seen, {}, [](const ConversationSeen& each) { return each.messages; });
  return seen;
}

void read_deep(Asking& asking, Store& store, const Presented& login, AccountSeen& seen) {
  const auto lines = asking.ask(store.statement(login, std::nullopt, statement_lines_max)).value();
  for (const StatementLine& line : lines) {
    seen.lines.insert(seen.lines.begin(), {.amount = line.entry.amount.count(),
                                           .balance_after = line.entry.balance_after.count(),
                                           .with_key = line.key.has_value()});
  }
  for (const KeySummary& key : asking.keys(login)) seen.keys.push_back({key.name, key.spent.count()});
  seen.conversations = conversations_of(asking, store, login);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Picture& picture) {
  for (const auto& [name, account] : picture) {
    out << "\n  " << name << ": " << account.posted << (account.disabled ? ", disabled" : "");
    if (account.login) out << ", login " << *account.login;
    if (account.daily_limit) out << ", daily limit " << *account.daily_limit;
    for (const LineSeen& line : account.lines) out << "\n    " << line.amount << " -> " << line.balance_after;
    for (const KeySeen& key : account.keys) out << "\n    key " << key.name << " spent " << key.spent;
    for (const ConversationSeen& conversation : account.conversations) {
      out << "\n    conversation \"" << conversation.title << "\":";
      for (const std::string& message : conversation.messages) out << " " << message;
    }
  }
  return out << "\n";
}

Picture picture_of(Asking& asking, Store& store, std::uint64_t secrets) {
  Picture picture;
  for (const AccountSummary& summary : asking.ask(store.list_accounts("", accounts_listed_max)).value()) {
    AccountSeen& seen = picture[summary.username];
    seen.posted = summary.balance.posted.count();
    seen.disabled = summary.disabled;
    if (summary.daily_limit) seen.daily_limit = summary.daily_limit->count();
    for (std::uint64_t number = 1; number <= secrets; ++number) {
      const Presented login{summary.account, secret(number)};
      if (asking.ask(store.authenticate(login)).has_error()) continue;
      EXPECT_FALSE(seen.login.has_value()) << summary.username << " has two login tokens";
      seen.login = number;
      read_deep(asking, store, login, seen);
    }
  }
  return picture;
}

Picture visible(Picture picture) {
  for (auto& [name, account] : picture) {
    if (account.login) {
      std::ranges::sort(account.conversations, {}, [](const ConversationSeen& each) { return each.messages; });
      continue;
    }
    account.lines.clear();
    account.keys.clear();
    account.conversations.clear();
  }
  return picture;
}

}  // namespace parley::store::proof
