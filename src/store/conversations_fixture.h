#pragma once
// What the conformance tests of conversations share: Ada's and Bob's accounts, and chatting with them.

#include "store/conformance_fixture.h"

namespace parley::store {

class WithConversations : public OnEveryKeeper {
 protected:
  /// A turn that costs a token, a second after the one before.
  Settled chat(const Presented& credential, std::optional<base::ConversationId> conversation = std::nullopt,
               std::string message = "question", std::string response = "answer") {
    keeper_->clock.advance(std::chrono::seconds(1));
    Settlement settlement{.charge = tokens(1), .message = std::move(message), .response = std::move(response)};
    settlement.conversation = conversation;
    return ask(store().settle(asking_.hold(credential, 1), std::move(settlement))).value();
  }
  base::ConversationId begin(const Presented& credential, std::string message = "question") {
    return chat(credential, std::nullopt, std::move(message)).conversation;
  }
  ConversationSummary find(const Presented& credential, base::ConversationId conversation) {
    return ask(store().find_conversation(credential, conversation)).value();
  }
  std::string title(const Presented& credential, base::ConversationId conversation) {
    return find(credential, conversation).title;
  }
  std::vector<TurnRecord> read(const Presented& credential, base::ConversationId conversation,
                               std::optional<base::TurnId> before = std::nullopt, std::int32_t count_max = 50) {
    return ask(store().read_conversation(credential, conversation, before, count_max)).value();
  }
  void rename(const Presented& credential, base::ConversationId conversation, std::string title) {
    ask(store().rename_conversation(credential, conversation, std::move(title))).value();
  }
  void erase(const Presented& credential, base::ConversationId conversation) {
    ask(store().delete_conversation(credential, conversation)).value();
  }
  ConversationPage page(const Presented& credential, ConversationQuery query = {}) {
    return ask(store().list_conversations(credential, std::move(query))).value();
  }
  /// Page after page to the end, by ids.
  std::vector<base::ConversationId> list(const Presented& credential, const std::string& text = "",
                                         std::int32_t count_max = 50) {
    std::vector<base::ConversationId> all;
    ConversationQuery query{.text = text, .count_max = count_max};
    do {
      const ConversationPage some = page(credential, query);
      EXPECT_LE(some.conversations.size(), static_cast<std::size_t>(count_max));
      for (const ConversationSummary& summary : some.conversations) all.push_back(summary.conversation);
      query.before = some.next;
    } while (query.before);
    return all;
  }
  /// What each operation on one conversation answers.
  std::vector<std::string> codes(const Presented& credential, base::ConversationId conversation) {
    return {code(store().find_conversation(credential, conversation)),
            code(store().read_conversation(credential, conversation, std::nullopt, 50)),
            code(store().rename_conversation(credential, conversation, "title")),
            code(store().delete_conversation(credential, conversation))};
  }
  HoldRequest with_key(const Presented& credential, const std::string& key) {
    return {.credential = credential,
            .amount = tokens(1),
            .idempotency = Idempotency{.key = key, .fingerprint = secret(1)}};
  }
  /// A turn with an idempotency key.
  Settled chat_once(const Presented& credential, const std::string& key,
                    std::optional<base::ConversationId> conversation) {
    auto decision = ask(store().hold(with_key(credential, key))).value();
    Settlement settlement{.charge = tokens(1), .message = "question", .response = "answer", .answer = "a secret"};
    settlement.conversation = conversation;
    return ask(store().settle(std::move(std::get<Held>(decision).hold), std::move(settlement))).value();
  }

  Presented ada_ = asking_.open_account("ada", 4000);
  Presented bob_ = asking_.open_account("bob", 4000);
};

}  // namespace parley::store
