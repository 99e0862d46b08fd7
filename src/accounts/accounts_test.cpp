#include "accounts/accounts.h"

#include <gtest/gtest.h>

#include "accounts/accounts_fixture.h"
#include "async/loop.h"

namespace parley::accounts {
namespace {

using base::ErrorCode;

constexpr const char* invalid_credentials = "unauthenticated: Invalid credentials";
constexpr const char* taken = "username: A user with that username already exists.";

TEST_F(AccountsTest, RegistersWithTheStartingBalance) {
  EXPECT_EQ(register_account("Testuser", "securepassword").value(), "Testuser");
  EXPECT_EQ(store_.named("testuser").balance.count(), 4000);
  EXPECT_TRUE(store_.named("testuser").login.password_hash.starts_with("$argon2id$"));
}

TEST_F(AccountsTest, ANameIsTakenInWhateverCase) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  EXPECT_EQ(said(register_account("TestUser", "securepassword")), taken);
  EXPECT_EQ(said(register_account("\xEF\xBC\xB4"
                                  "estuser",
                                  "securepassword")),
            taken);  // full-width T
}

TEST_F(AccountsTest, ANameTakenWhileHashingIsTaken) {
  store_.before_next_write = [this] {
    store_.accounts[1].login = {.account = {1}, .username = "a", .username_key = "a", .password_hash = ""};
  };
  EXPECT_EQ(said(register_account("a", "securepassword")), taken);
}

TEST_F(AccountsTest, RefusesTheFormBeforeItHashes) {
  overload();
  EXPECT_EQ(said(register_account("no spaces", "securepassword")).substr(0, 10), "username: ");
  EXPECT_EQ(said(register_account("testuser", "short12")),
            "password: This password is too short. It must contain at least 8 characters.");
  EXPECT_EQ(register_account("testuser", "securepassword").error().code, ErrorCode::overloaded);
}

TEST_F(AccountsTest, RefusesATakenNameBeforeItHashes) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  overload();
  EXPECT_EQ(said(register_account("testuser", "securepassword")), taken);
}

TEST_F(AccountsTest, RegistrationCanBeClosed) {
  auto settings = cheap_settings();
  settings.registration_open = false;
  use(settings);
  EXPECT_EQ(register_account("testuser", "securepassword").error().code, ErrorCode::forbidden);
  EXPECT_TRUE(store_.accounts.empty());
}

TEST_F(AccountsTest, RegistrationCanAskForAnInvitation) {
  auto settings = cheap_settings();
  settings.invitation_code = "sesame";
  use(settings);
  const auto with = [this](std::optional<std::string> invitation) {
    return said(run(accounts_->register_account("testuser", "securepassword", std::move(invitation), std::nullopt)));
  };
  EXPECT_EQ(with(std::nullopt), "invitation: This field is required.");
  EXPECT_EQ(with("Sesame"), "invitation: Enter a valid invitation code.");
  EXPECT_EQ(with(""), "invitation: Enter a valid invitation code.");
  EXPECT_TRUE(store_.accounts.empty());
  EXPECT_EQ(with("sesame"), "(no error)");
}

TEST_F(AccountsTest, AnInvitationThatNobodyAsksForDoesNotMatter) {
  EXPECT_TRUE(run(accounts_->register_account("testuser", "securepassword", "whatever", std::nullopt)).has_value());
}

TEST_F(AccountsTest, CanRefuseCommonPasswords) {
  EXPECT_TRUE(register_account("first", "Password123").has_value());
  auto settings = cheap_settings();
  settings.refuse_common_passwords = true;
  use(settings);
  EXPECT_EQ(said(register_account("second", "Password123")), "password: This password is too common.");
}

TEST_F(AccountsTest, ALoginEndsTheTokenBeforeIt) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  const auto first = credential_of(login("testuser", "securepassword"));
  EXPECT_TRUE(authenticates(first));
  const auto second = credential_of(login("TESTUSER", "securepassword"));
  EXPECT_FALSE(authenticates(first));
  EXPECT_TRUE(authenticates(second));
}

TEST_F(AccountsTest, WhoMayNotComeInIsToldOneThing) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  EXPECT_EQ(said(login("testuser", "securepasswore")), invalid_credentials);
  EXPECT_EQ(said(login("nobody", "securepassword")), invalid_credentials);
  EXPECT_EQ(said(login("not a name", "securepassword")), invalid_credentials);
  EXPECT_EQ(said(login(std::string(100'000, 'x'), "securepassword")), invalid_credentials);
  EXPECT_EQ(said(login("testuser", "")), invalid_credentials);
  store_.named("testuser").login.disabled = true;
  EXPECT_EQ(said(login("testuser", "securepassword")), invalid_credentials);
}

TEST_F(AccountsTest, WhoMayNotComeInCostsAHashEach) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  store_.named("testuser").login.disabled = true;
  overload();
  for (const char* username : {"testuser", "nobody", "not a name", ""}) {
    EXPECT_EQ(login(username, "securepassword").error().code, ErrorCode::overloaded) << username;
  }
  EXPECT_EQ(login("testuser", std::string(5000, 'x')).error().code, ErrorCode::overloaded);
}

TEST_F(AccountsTest, APasswordIsNeverTruncated) {
  const std::string longest(1024, 'x');
  ASSERT_TRUE(register_account("testuser", longest).has_value());
  EXPECT_TRUE(login("testuser", longest).has_value());
  EXPECT_EQ(said(login("testuser", longest + "x")), invalid_credentials);
}

TEST_F(AccountsTest, APasswordChangedWhileItWasCheckedIsWrong) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  store_.before_next_write = [this] { store_.named("testuser").login.password_hash = "another"; };
  EXPECT_EQ(said(login("testuser", "securepassword")), invalid_credentials);
}

TEST_F(AccountsTest, SaysWhereTheStoreIsUnavailable) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  store_.unavailable = true;
  EXPECT_EQ(login("testuser", "securepassword").error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(register_account("other", "securepassword").error().code, ErrorCode::store_unavailable);
}

TEST_F(AccountsTest, ALoginRenewsAHashOfAnotherCost) {
  register_account("ada", "securepassword").value();
  Settings dearer = cheap_settings();
  dearer.password_cost = {.memory_kib = 16, .passes = 1};
  use(dearer);
  const auto hash = [this] { return run(store_.find_login(std::string("ada"))).value()->password_hash; };
  EXPECT_FALSE(login("ada", "wrongpassword").has_value());
  EXPECT_TRUE(crypto::needs_rehash(hash(), dearer.password_cost));
  const auto token = login("ada", "securepassword");
  EXPECT_FALSE(crypto::needs_rehash(hash(), dearer.password_cost));
  EXPECT_TRUE(authenticates(credential_of(token)));
  EXPECT_TRUE(login("ada", "securepassword").has_value());
}

TEST_F(AccountsTest, LogoutEndsTheToken) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  const auto credential = credential_of(login("testuser", "securepassword"));
  EXPECT_TRUE(run(accounts_->logout(credential)).has_value());
  EXPECT_FALSE(authenticates(credential));
  EXPECT_EQ(run(accounts_->logout(credential)).error().code, ErrorCode::unauthenticated);
}

TEST_F(AccountsTest, AChangedPasswordEndsEveryToken) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  const auto credential = credential_of(login("testuser", "securepassword"));
  EXPECT_TRUE(change_password(credential, "securepassword", "even more secure").has_value());
  EXPECT_FALSE(authenticates(credential));
  EXPECT_EQ(said(login("testuser", "securepassword")), invalid_credentials);
  EXPECT_TRUE(login("testuser", "even more secure").has_value());
}

TEST_F(AccountsTest, ChangingThePasswordNeedsATokenAndTheCurrentOne) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  const auto credential = credential_of(login("testuser", "securepassword"));
  EXPECT_EQ(said(change_password(credential, "wrong", "even more secure")), "current_password: Wrong password.");
  EXPECT_EQ(said(change_password(credential, "securepassword", "short")),
            "new_password: This password is too short. It must contain at least 8 characters.");
  const store::Presented ended{.account = credential.account, .digest = {}};
  EXPECT_EQ(change_password(ended, "securepassword", "short").error().code, ErrorCode::unauthenticated);
  EXPECT_TRUE(authenticates(credential));
}

TEST_F(AccountsTest, OfTwoPasswordChangesAtOnceTheFirstStands) {
  ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  const auto credential = credential_of(login("testuser", "securepassword"));
  store_.before_next_write = [this] { store_.named("testuser").login.password_hash = "another"; };
  EXPECT_EQ(change_password(credential, "securepassword", "even more secure").error().code, ErrorCode::conflict);
}

TEST_F(AccountsTest, ServesALoopOtherThanTheThrottlesHome) {
  async::Loop home("home");
  Accounts accounts(store_, *hashing_, clock_, home.executor(), cheap_settings());
  ASSERT_TRUE(run(accounts.register_account("testuser", "securepassword", std::nullopt, "203.0.113.1")).has_value());
  EXPECT_TRUE(run(accounts.login("testuser", "securepassword", "203.0.113.1")).has_value());
}

}  // namespace
}  // namespace parley::accounts
