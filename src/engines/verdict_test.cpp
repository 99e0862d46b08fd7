#include "engines/verdict.h"

#include <gtest/gtest.h>

namespace parley::engines {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using upstream::FailureKind;

std::optional<Verdict> of(int status, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  return judge(upstream::Response{.status = status, .retry_after = retry_after, .body = "raw text of the server"});
}

std::optional<Verdict> of(FailureKind kind) {
  return judge(upstream::Failure{.kind = kind, .detail = "at 10.0.0.1"});
}

TEST(Verdict, RepliesOfStatus2xxAreFine) {
  EXPECT_FALSE(of(200).has_value());
  EXPECT_FALSE(of(201).has_value());
}

TEST(Verdict, BusyServersAreTriedAgainAndTheirPatiencePassedOn) {
  for (const int status : {429, 503, 529}) {
    EXPECT_EQ(of(status)->error.code, ErrorCode::engine_busy);
    EXPECT_EQ(of(status)->retry, Retry::patiently);
    EXPECT_EQ(of(status, 90s)->error.retry_after, 90s);
    EXPECT_GE(of(status)->error.retry_after, 1s);
    EXPECT_LE(of(status)->error.retry_after, 5s);
    EXPECT_EQ(of(status)->asked_patience, std::nullopt);
  }
}

TEST(Verdict, GatewaysInTroubleAreTriedAgainAndOtherServerErrorsAreNot) {
  for (const int status : {502, 504}) EXPECT_EQ(of(status)->retry, Retry::patiently);
  for (const int status : {500, 501, 505, 599}) EXPECT_EQ(of(status)->retry, Retry::never);
  for (const int status : {500, 502, 504}) {
    EXPECT_EQ(of(status)->error.code, ErrorCode::engine_failed);
    EXPECT_TRUE(of(status)->engine_at_fault);
  }
}

TEST(Verdict, ARefusedRequestIsNotTheEnginesFault) {
  for (const int status : {400, 404, 413, 422}) {
    EXPECT_EQ(of(status)->error.code, status == 404 ? ErrorCode::engine_failed : ErrorCode::engine_refused);
    EXPECT_FALSE(of(status)->engine_at_fault);
    EXPECT_EQ(of(status)->retry, Retry::never);
  }
}

TEST(Verdict, ARefusedKeyIsTheOperatorsToMend) {
  for (const int status : {401, 403}) {
    EXPECT_TRUE(of(status)->key_refused);
    EXPECT_TRUE(of(status)->engine_at_fault);
    EXPECT_EQ(of(status)->retry, Retry::never);
  }
}

TEST(Verdict, RedirectsAreFailures) {
  EXPECT_EQ(of(302)->error.code, ErrorCode::engine_failed);
  EXPECT_EQ(of(101)->error.code, ErrorCode::engine_failed);
}

TEST(Verdict, OnlyWhatNeverReachedTheModelIsTriedFreely) {
  EXPECT_EQ(of(FailureKind::unreachable)->retry, Retry::patiently);
  EXPECT_EQ(of(FailureKind::connect_timeout)->retry, Retry::patiently);
  EXPECT_EQ(of(FailureKind::unanswered)->retry, Retry::once);
  EXPECT_EQ(of(FailureKind::reply_timeout)->retry, Retry::never);
  EXPECT_EQ(of(FailureKind::out_of_time)->retry, Retry::never);
  EXPECT_EQ(of(FailureKind::broken_reply)->retry, Retry::never);
  EXPECT_EQ(of(FailureKind::oversize_reply)->retry, Retry::never);
}

TEST(Verdict, TimeoutsAreToldFromOtherFailures) {
  EXPECT_EQ(of(FailureKind::connect_timeout)->error.code, ErrorCode::engine_timeout);
  EXPECT_EQ(of(FailureKind::reply_timeout)->error.code, ErrorCode::engine_timeout);
  EXPECT_EQ(of(FailureKind::out_of_time)->error.code, ErrorCode::engine_timeout);
  EXPECT_FALSE(of(FailureKind::out_of_time)->engine_at_fault);
  EXPECT_EQ(of(FailureKind::unreachable)->error.code, ErrorCode::engine_failed);
  EXPECT_EQ(of(FailureKind::broken_reply)->error.code, ErrorCode::engine_failed);
}

TEST(Verdict, OurOwnLimitsAreNotTheEnginesFault) {
  EXPECT_EQ(of(FailureKind::overloaded)->error.code, ErrorCode::overloaded);
  EXPECT_TRUE(of(FailureKind::overloaded)->error.retry_after.has_value());
  EXPECT_FALSE(of(FailureKind::overloaded)->engine_at_fault);
  EXPECT_FALSE(of(FailureKind::abandoned)->engine_at_fault);
}

TEST(Verdict, MessagesAreOneSentenceWithoutTheServersWordsOrAddress) {
  for (const auto& verdict : {of(400), of(401), of(429), of(500), of(FailureKind::unreachable),
                              of(FailureKind::reply_timeout), of(FailureKind::overloaded)}) {
    const std::string& message = verdict->error.message;
    EXPECT_TRUE(message.ends_with('.')) << message;
    EXPECT_EQ(message.find_first_of("0123456789"), std::string::npos) << message;
    EXPECT_EQ(message.find("raw"), std::string::npos) << message;
    EXPECT_EQ(verdict->error.detail.find("raw"), std::string::npos);
  }
}

}  // namespace
}  // namespace parley::engines
