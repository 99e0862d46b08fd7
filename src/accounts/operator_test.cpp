#include <gtest/gtest.h>

#include "accounts/accounts_fixture.h"

namespace parley::accounts {
namespace {

using namespace base;

class OperatorTest : public AccountsTest {
 protected:
  Result<std::string> create(std::string username, std::optional<Tokens> balance = std::nullopt) {
    return run(accounts_->create(std::move(username), "securepassword", balance));
  }
};

TEST_F(OperatorTest, CreatesAnAccountWithAnyBalanceWhileRegistrationIsClosed) {
  auto settings = cheap_settings();
  settings.registration_open = false;
  settings.invitation_code = "sesame";
  use(settings);
  EXPECT_EQ(create("Alice", 7_tokens).value(), "Alice");
  EXPECT_EQ(store_.named("alice").balance, 7_tokens);
  EXPECT_TRUE(create("zero", 0_tokens).has_value());
  EXPECT_EQ(store_.named("zero").balance, 0_tokens);
  EXPECT_TRUE(create("usual").has_value());
  EXPECT_EQ(store_.named("usual").balance, 4000_tokens);
  EXPECT_TRUE(login("alice", "securepassword").has_value());
}

TEST_F(OperatorTest, CreatesByTheSameRules) {
  EXPECT_EQ(create("no name").error().field, "username");
  EXPECT_EQ(run(accounts_->create("alice", "short", std::nullopt)).error().field, "password");
  EXPECT_EQ(create("alice", Tokens::from(-1)).error().code, ErrorCode::invalid_input);
  ASSERT_TRUE(create("alice").has_value());
  EXPECT_EQ(said(create("ALICE")), "username: A user with that username already exists.");
}

TEST_F(OperatorTest, ResetsAPasswordAndEndsTheToken) {
  ASSERT_TRUE(create("Alice").has_value());
  const auto credential = credential_of(login("alice", "securepassword"));
  EXPECT_EQ(run(accounts_->reset_password("ALICE", "even more secure")).value(), "Alice");
  EXPECT_FALSE(authenticates(credential));
  EXPECT_TRUE(login("alice", "even more secure").has_value());
  EXPECT_EQ(run(accounts_->reset_password("alice", "short")).error().field, "password");
}

TEST_F(OperatorTest, DisablesAndEnables) {
  ASSERT_TRUE(create("alice").has_value());
  EXPECT_EQ(run(accounts_->set_disabled("Alice", true)).value(), "alice");
  EXPECT_EQ(said(login("alice", "securepassword")), "unauthenticated: Invalid credentials");
  EXPECT_TRUE(run(accounts_->set_disabled("alice", false)).has_value());
  EXPECT_TRUE(login("alice", "securepassword").has_value());
}

TEST_F(OperatorTest, CreditsAndTakesAway) {
  ASSERT_TRUE(create("alice", 100_tokens).has_value());
  EXPECT_EQ(run(accounts_->credit("Alice", 50_tokens)).value().posted, 150_tokens);
  EXPECT_EQ(run(accounts_->credit("alice", (150_tokens).negated())).value().posted, 0_tokens);
  EXPECT_EQ(run(accounts_->credit("alice", (1_tokens).negated())).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(store_.named("alice").posted, (std::vector{ledger::EntryKind::credit, ledger::EntryKind::adjustment}));
}

TEST_F(OperatorTest, SaysThatNobodyHasTheName) {
  for (const char* username : {"nobody", "no name"}) {
    EXPECT_EQ(run(accounts_->reset_password(username, "securepassword")).error().code, ErrorCode::not_found);
    EXPECT_EQ(run(accounts_->set_disabled(username, true)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run(accounts_->credit(username, 1_tokens)).error().code, ErrorCode::not_found);
  }
}

}  // namespace
}  // namespace parley::accounts
