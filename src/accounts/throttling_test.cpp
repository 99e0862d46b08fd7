#include <gtest/gtest.h>

#include <map>

#include "accounts/accounts_fixture.h"

namespace parley::accounts {
namespace {

using base::ErrorCode;
using std::chrono::seconds;

class ThrottlingTest : public AccountsTest {
 protected:
  void SetUp() override {
    AccountsTest::SetUp();
    ASSERT_TRUE(register_account("testuser", "securepassword").has_value());
  }
  ErrorCode wrong(std::string username, std::optional<std::string> address = std::nullopt) {
    return login(std::move(username), "wrong password", std::move(address)).error().code;
  }
};

TEST_F(ThrottlingTest, AnAccountTakesTenWrongPasswordsThenOneEach30Seconds) {
  for (const char* username : {"testuser", "nobody", "no name"}) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(wrong(username), ErrorCode::unauthenticated) << username;
    const auto refused = login(username, "securepassword");
    EXPECT_EQ(said(refused), "too_many_requests: Request was throttled. Expected available in 30 seconds.");
    EXPECT_EQ(refused.error().retry_after, seconds(30));
  }
  clock_.advance(seconds(29));
  EXPECT_EQ(login("testuser", "securepassword").error().retry_after, seconds(1));
  clock_.advance(seconds(1));
  EXPECT_EQ(wrong("testuser"), ErrorCode::unauthenticated);
  EXPECT_EQ(wrong("testuser"), ErrorCode::too_many_requests);
}

TEST_F(ThrottlingTest, AnAccountIsTheSameInWhateverCase) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(wrong(i % 2 == 0 ? "testuser" : "TestUser"), ErrorCode::unauthenticated);
  EXPECT_EQ(wrong("TESTUSER"), ErrorCode::too_many_requests);
  EXPECT_EQ(wrong("another"), ErrorCode::unauthenticated);
}

TEST_F(ThrottlingTest, SuccessfulLoginsAreFree) {
  for (int i = 0; i < 9; ++i) EXPECT_EQ(wrong("testuser"), ErrorCode::unauthenticated);
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(login("testuser", "securepassword").has_value());
  EXPECT_EQ(wrong("testuser"), ErrorCode::unauthenticated);
  EXPECT_EQ(wrong("testuser"), ErrorCode::too_many_requests);
}

TEST_F(ThrottlingTest, AnAddressTakesFiftyWrongPasswordsThenOneEach5Seconds) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(wrong("user" + std::to_string(i), "203.0.113.1"), ErrorCode::unauthenticated) << i;
  }
  EXPECT_EQ(login("testuser", "securepassword", "203.0.113.1").error().retry_after, seconds(5));
  EXPECT_EQ(wrong("testuser", "::ffff:203.0.113.1"), ErrorCode::too_many_requests);
  EXPECT_TRUE(login("testuser", "securepassword", "203.0.113.2").has_value());
  EXPECT_TRUE(login("testuser", "securepassword").has_value());
}

TEST_F(ThrottlingTest, WhatAnAddressIsRefusedIsNotTakenFromTheAccount) {
  for (int i = 0; i < 50; ++i) wrong("user" + std::to_string(i), "203.0.113.1");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(wrong("testuser", "203.0.113.1"), ErrorCode::too_many_requests);
  EXPECT_TRUE(login("testuser", "securepassword", "203.0.113.2").has_value());
}

TEST_F(ThrottlingTest, AnIpv6SubscriberIsOneClient) {
  for (int i = 0; i < 50; ++i) wrong("user" + std::to_string(i), "2001:db8:0:1::" + std::to_string(i));
  EXPECT_EQ(wrong("testuser", "2001:db8:0:1:ffff::1"), ErrorCode::too_many_requests);
  EXPECT_EQ(wrong("testuser", "2001:db8:0:2::1"), ErrorCode::unauthenticated);
}

TEST_F(ThrottlingTest, OfAThousandGuessesAtOnceTenAreChecked) {
  std::map<ErrorCode, int> answers;
  int answered = 0;
  for (int i = 0; i < 1000; ++i) {
    async::asio::co_spawn(context_, accounts_->login("testuser", "guess " + std::to_string(i), std::nullopt),
                          [&](std::exception_ptr, base::Result<std::string> result) {
                            ++answered;
                            if (result.has_error()) ++answers[result.error().code];
                          });
  }
  context_.restart();
  while (answered < 1000) context_.run_one();
  EXPECT_EQ(answers[ErrorCode::unauthenticated], 10);
  EXPECT_EQ(answers[ErrorCode::too_many_requests], 990);
}

TEST_F(ThrottlingTest, TheThrottledAreRefusedBeforeHashing) {
  auto settings = cheap_settings();
  settings.rates.login_failures_per_account = {.burst = 0, .period = seconds(7)};
  overload(settings);  // what is hashed answers overloaded
  EXPECT_EQ(wrong("testuser"), ErrorCode::too_many_requests);
  EXPECT_EQ(wrong("nobody"), ErrorCode::too_many_requests);
}

TEST_F(ThrottlingTest, OverloadIsNoFaultOfTheCaller) {
  overload();
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(wrong("testuser", "203.0.113.1"), ErrorCode::overloaded);
    EXPECT_EQ(register_account("user" + std::to_string(i), "securepassword", "203.0.113.1").error().code,
              ErrorCode::overloaded);
  }
}

TEST_F(ThrottlingTest, ThePasswordsChangeIsNoWayAroundIt) {
  const auto credential = credential_of(login("testuser", "securepassword"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(said(change_password(credential, "wrong", "even more secure")), "current_password: Wrong password.");
    EXPECT_EQ(wrong("testuser"), ErrorCode::unauthenticated);
  }
  EXPECT_EQ(change_password(credential, "securepassword", "even more secure").error().code,
            ErrorCode::too_many_requests);
  EXPECT_EQ(wrong("testuser"), ErrorCode::too_many_requests);
  clock_.advance(seconds(30));
  EXPECT_TRUE(change_password(credential, "securepassword", "even more secure").has_value());
}

TEST_F(ThrottlingTest, AnAddressRegistersTenTimesThenOnceAMinute) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(register_account("user" + std::to_string(i), "securepassword", "203.0.113.1").has_value());
  }
  EXPECT_EQ(register_account("more", "securepassword", "203.0.113.1").error().retry_after, seconds(60));
  EXPECT_TRUE(register_account("other", "securepassword", "203.0.113.2").has_value());
  EXPECT_TRUE(register_account("local", "securepassword").has_value());
  clock_.advance(seconds(60));
  EXPECT_TRUE(register_account("more", "securepassword", "203.0.113.1").has_value());
  EXPECT_EQ(register_account("most", "securepassword", "203.0.113.1").error().code, ErrorCode::too_many_requests);
}

TEST_F(ThrottlingTest, TryingOutNamesIsThrottledAndMistakesInTheFormAreNot) {
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(register_account("testuser", "short", "203.0.113.1").error().field, "password");
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(register_account("testuser", "securepassword", "203.0.113.1").error().field, "username");
  }
  EXPECT_EQ(register_account("testuser", "securepassword", "203.0.113.1").error().code, ErrorCode::too_many_requests);
}

TEST_F(ThrottlingTest, TryingOutInvitationsIsThrottled) {
  auto settings = cheap_settings();
  settings.invitation_code = "sesame";
  use(settings);
  const auto with = [this](std::string invitation) {
    return run(accounts_->register_account("other", "securepassword", std::move(invitation), "203.0.113.1"));
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(with("guess").error().field, "invitation");
  EXPECT_EQ(with("sesame").error().code, ErrorCode::too_many_requests);
}

TEST_F(ThrottlingTest, TheRatesAreSettings) {
  auto settings = cheap_settings();
  settings.rates.login_failures_per_account = {.burst = 2, .period = seconds(7)};
  settings.rates.registrations_per_address = {.burst = 1, .period = seconds(9)};
  use(settings);
  EXPECT_EQ(wrong("testuser"), ErrorCode::unauthenticated);
  EXPECT_EQ(wrong("testuser"), ErrorCode::unauthenticated);
  EXPECT_EQ(login("testuser", "securepassword").error().retry_after, seconds(7));
  EXPECT_TRUE(register_account("first", "securepassword", "203.0.113.1").has_value());
  EXPECT_EQ(register_account("second", "securepassword", "203.0.113.1").error().retry_after, seconds(9));
}

}  // namespace
}  // namespace parley::accounts
