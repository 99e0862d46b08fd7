#include "crypto/password.h"

#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <utility>

namespace parley::crypto {
namespace {

constexpr PasswordCost cheap{.memory_kib = 64, .passes = 1};

TEST(Password, VerifiesAgainstItsOwnHashOnly) {
  const std::string hash = hash_password("correct horse", cheap).value();
  EXPECT_TRUE(verify_password(hash, "correct horse").value());
  EXPECT_FALSE(verify_password(hash, "correct horsf").value());
  EXPECT_FALSE(verify_password(hash, "").value());
  EXPECT_FALSE(verify_password(hash, "correct horse ").value());
}

TEST(Password, CountsEveryByteOfALongPassword) {
  std::string password(1024, 'x');
  const std::string hash = hash_password(password, cheap).value();
  EXPECT_TRUE(verify_password(hash, password).value());
  password.back() = 'y';
  EXPECT_FALSE(verify_password(hash, password).value());
}

TEST(Password, CountsBytesAfterANul) {
  const std::string hash = hash_password(std::string_view("same\0one", 8), cheap).value();
  EXPECT_FALSE(verify_password(hash, std::string_view("same\0two", 8)).value());
}

TEST(Password, AgreesWithLibsodiumsOwnVerification) {
  for (const char* password : {"right", "wrong"}) {
    const std::string hash = hash_password("right", cheap).value();
    const bool theirs = crypto_pwhash_str_verify(hash.c_str(), password, std::strlen(password)) == 0;
    EXPECT_EQ(verify_password(hash, password).value(), theirs);
  }
}

TEST(Password, SaltsEveryHash) {
  EXPECT_NE(hash_password("same", cheap).value(), hash_password("same", cheap).value());
}

TEST(Password, CostsByDefaultWhatOwaspAsksFor) {
  EXPECT_TRUE(hash_password("password").value().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

TEST(Password, KnowsAHashOfAnotherCost) {
  const std::string hash = hash_password("password", cheap).value();
  EXPECT_FALSE(needs_rehash(hash, cheap));
  EXPECT_TRUE(needs_rehash(hash, {.memory_kib = 128, .passes = 1}));
  EXPECT_TRUE(needs_rehash(hash, {.memory_kib = 64, .passes = 2}));
  EXPECT_TRUE(needs_rehash("none", cheap));
}

TEST(Password, ADecoyIsAHashThatNothingMatches) {
  EXPECT_FALSE(needs_rehash(decoy_hash(cheap), cheap));
  EXPECT_FALSE(needs_rehash(decoy_hash()));
  EXPECT_EQ(decoy_hash().size(), hash_password("x").value().size());
  EXPECT_FALSE(verify_password(decoy_hash(cheap), "").value());
  EXPECT_FALSE(verify_password(decoy_hash(cheap), "password").value());
}

/// The quickest of a few, so that a busy machine hardly matters.
std::chrono::nanoseconds time_to_verify(std::string_view hash) {
  auto quickest = std::chrono::nanoseconds::max();
  for (int i = 0; i < 7; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(verify_password(hash, "wrong").value());
    quickest = std::min<std::chrono::nanoseconds>(quickest, std::chrono::steady_clock::now() - begun);
  }
  return quickest;
}

TEST(Password, ADecoyTakesAsLongAsARealHash) {
  const double real = static_cast<double>(time_to_verify(hash_password("right").value()).count());
  const double decoy = static_cast<double>(time_to_verify(decoy_hash()).count());
  EXPECT_GT(decoy / real, 0.5);
  EXPECT_LT(decoy / real, 2.0);
}

TEST(Password, WhatIsNoHashIsABugNotAWrongPassword) {
  const std::string whole = decoy_hash(cheap);
  ASSERT_TRUE(verify_password(whole, "secret").has_value());
  for (const std::string& text :
       {std::string(), std::string("secret"), std::string("$2b$12$abcdefghijklmnopqrstuv"), whole + "A",
        whole.substr(0, whole.size() - 1), whole.substr(0, whole.size() - 1) + "B", whole.substr(0, 30),
        "$argon2i" + whole.substr(9)}) {
    ASSERT_TRUE(verify_password(text, "secret").has_error()) << text;
    EXPECT_EQ(verify_password(text, "secret").error().code, base::ErrorCode::internal) << text;
  }
}

/// While it lives, the process can map 8 MiB more (a sanitizer wants some), which is too little for a hash.
class LittleMemory {
 public:
  LittleMemory() {
    getrlimit(RLIMIT_AS, &before_);
    rlim_t pages_in_use = 0;
    std::ifstream("/proc/self/statm") >> pages_in_use;
    rlimit little = before_;
    little.rlim_cur = pages_in_use * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + 8 * 1024 * 1024;
    setrlimit(RLIMIT_AS, &little);
  }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;
  ~LittleMemory() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

TEST(Password, WantOfMemoryIsOverloadNotAWrongPassword) {
  const std::string hash = hash_password("secret").value();
  const auto starved = [&] {
    const LittleMemory little;
    return std::pair(hash_password("secret"), verify_password(hash, "secret"));
  }();
  ASSERT_TRUE(starved.first.has_error());
  ASSERT_TRUE(starved.second.has_error());
  EXPECT_EQ(starved.first.error().code, base::ErrorCode::overloaded);
  EXPECT_EQ(starved.second.error().code, base::ErrorCode::overloaded);
}

}  // namespace
}  // namespace parley::crypto
