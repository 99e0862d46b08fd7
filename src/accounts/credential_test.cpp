#include "accounts/credential.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace parley::accounts {
namespace {

constexpr std::string_view secret = "abcdefghijklmnopqrst-A";

TEST(Credential, ALoginTokenPresentsItsAccountAndDigest) {
  for (const std::int64_t id : {std::int64_t{1}, std::int64_t{42}, std::numeric_limits<std::int64_t>::max()}) {
    const LoginToken token = make_login_token({id});
    const auto presented = parse_credential(token.text);
    ASSERT_TRUE(presented) << token.text;
    EXPECT_EQ(presented->account.value, id);
    EXPECT_EQ(presented->digest, token.digest);
    EXPECT_EQ(presented->kind, store::CredentialKind::login_token);
  }
}

TEST(Credential, AnApiKeyPresentsItsAccountAndDigestAndThatItIsOne) {
  for (const std::int64_t id : {std::int64_t{1}, std::int64_t{42}, std::numeric_limits<std::int64_t>::max()}) {
    const ApiKey key = make_api_key({id});
    EXPECT_EQ(key.text.substr(0, key.text.find('.')), "sk-" + std::to_string(id));
    const auto presented = parse_credential(key.text);
    ASSERT_TRUE(presented) << key.text;
    EXPECT_EQ(presented->account.value, id);
    EXPECT_EQ(presented->digest, key.digest);
    EXPECT_EQ(presented->kind, store::CredentialKind::api_key);
  }
}

TEST(Credential, AnApiKeyWithoutItsBeginningIsNotTakenForOne) {
  const std::string text = make_api_key({7}).text;
  EXPECT_EQ(parse_credential(text.substr(3))->kind, store::CredentialKind::login_token);
}

TEST(Credential, NoTwoTokensAreTheSame) {
  EXPECT_NE(make_login_token({1}).text, make_login_token({1}).text);
  EXPECT_NE(make_login_token({1}).digest, make_login_token({1}).digest);
  EXPECT_NE(make_api_key({1}).text, make_api_key({1}).text);
  EXPECT_NE(make_api_key({1}).digest, make_api_key({1}).digest);
}

TEST(Credential, TheSecretIsNotItsDigest) {
  const LoginToken token = make_login_token({1});
  const std::string_view digest(reinterpret_cast<const char*>(token.digest.data()), token.digest.size());
  EXPECT_EQ(digest.find(token.text.substr(2)), std::string_view::npos);
}

TEST(Credential, AnotherSecretIsAnotherDigest) {
  EXPECT_NE(parse_credential("1.abcdefghijklmnopqrst-A")->digest, parse_credential("1.abcdefghijklmnopqrst-Q")->digest);
}

TEST(Credential, IsReadInOneSpellingOnly) {
  const std::string tail = "." + std::string(secret);
  ASSERT_TRUE(parse_credential("1" + tail));
  ASSERT_TRUE(parse_credential("sk-1" + tail));
  const std::vector<std::string> refused{std::string(),
                                         std::string("1"),
                                         std::string("."),
                                         std::string("1."),
                                         tail,
                                         "0" + tail,
                                         "01" + tail,
                                         "-1" + tail,
                                         "+1" + tail,
                                         " 1" + tail,
                                         "1 " + tail,
                                         "1" + tail + " ",
                                         "0x1" + tail,
                                         "1e1" + tail,
                                         "9223372036854775808" + tail,
                                         "99999999999999999999999999" + tail,
                                         "1." + tail,
                                         "1" + tail + "A",
                                         "1" + tail.substr(0, tail.size() - 1),
                                         "1" + tail.substr(0, tail.size() - 1) + "B",
                                         "1" + tail + "=",
                                         "1.abcdefghijklmnopqrst+A",
                                         "1,abcdefghijklmnopqrst-A",
                                         "sk-",
                                         "sk-" + tail,
                                         "sk-0" + tail,
                                         "sk-01" + tail,
                                         "sk--1" + tail,
                                         "sk1" + tail,
                                         "SK-1" + tail,
                                         "sk-sk-1" + tail,
                                         "1sk-" + tail,
                                         " sk-1" + tail,
                                         "sk-1" + tail + "A",
                                         std::string(1'000'000, '1'),
                                         "1" + tail.substr(0, 10) + std::string(1, '\0') + tail.substr(11)};
  for (const std::string& text : refused) {
    EXPECT_FALSE(parse_credential(text)) << text.substr(0, 60);
  }
}

}  // namespace
}  // namespace parley::accounts
