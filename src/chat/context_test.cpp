#include "chat/context.h"

#include <gtest/gtest.h>

#include "chat/chat_fixture.h"

namespace parley::chat {
namespace {

/// Answers take a quarter of a context of 400 model tokens; 300 are for messages.
class Context : public ChatFixture {
 protected:
  Context() : model_(model_at(catalog::FlatPrice{0_tokens}, 100)) { model_.context_max = 400; }

  void say(std::string message, std::string response) {
    store::HoldRequest hold{.credential = credential_, .amount = 0_tokens};
    auto decision = run(store_->hold(std::move(hold))).value();
    store::Settlement settlement{.charge = 0_tokens,
                                 .message = std::move(message),
                                 .response = std::move(response),
                                 .conversation = conversation_};
    auto held = std::move(std::get<store::Held>(decision));
    conversation_ = run(store_->settle(std::move(held.hold), std::move(settlement))).value().conversation;
  }

  /// The messages' sizes, oldest first.
  std::vector<std::size_t> sizes(std::size_t message_bytes) {
    const auto prompt =
        run(prompt_in_conversation(*store_, credential_, *conversation_, std::string(message_bytes, 'm'), model_))
            .value();
    std::vector<std::size_t> sizes;
    for (const engines::Message& message : prompt.messages) sizes.push_back(message.text.size());
    return sizes;
  }

  catalog::Model model_;
  std::optional<base::ConversationId> conversation_;
};

TEST_F(Context, HasTheTurnsInOrderAndThenTheMessage) {
  say("a", "bb");
  say("ccc", "dddd");
  EXPECT_EQ(sizes(5), (std::vector<std::size_t>{1, 2, 3, 4, 5}));
}

TEST_F(Context, DropsWholeTurnsTheOldestFirst) {
  say(std::string(100, 'a'), std::string(101, 'b'));
  say(std::string(102, 'c'), std::string(183, 'd'));  // 95 + 16 model tokens
  say(std::string(198, 'e'), std::string(180, 'f'));  // 126 + 16
  EXPECT_EQ(sizes(3), (std::vector<std::size_t>{102, 183, 198, 180, 3})) << "they fill 111 + 142 of 291";
  EXPECT_EQ(sizes(117), (std::vector<std::size_t>{102, 183, 198, 180, 117})) << "of 253: to the last";
  EXPECT_EQ(sizes(120), (std::vector<std::size_t>{198, 180, 120})) << "of 252";
  EXPECT_EQ(sizes(2'000), (std::vector<std::size_t>{2'000}));
}

TEST_F(Context, GoesBackAsFarAsThereIsRoomHoweverManyTurnsThatAre) {
  model_.context_max = 100'000;
  for (int turn = 0; turn < 120; ++turn) say("q", "a");
  EXPECT_EQ(sizes(1).size(), 241U);
}

TEST_F(Context, OfAConversationThatIsNotThereIsNotFound) {
  const auto prompt = run(prompt_in_conversation(*store_, credential_, {12'345}, "hello", model_));
  EXPECT_EQ(prompt.error().code, base::ErrorCode::not_found);
}

}  // namespace
}  // namespace parley::chat
