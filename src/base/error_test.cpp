#include "base/error.h"

#include <gtest/gtest.h>

#include <memory>

namespace parley::base {
namespace {

Result<std::unique_ptr<int>> made(bool well) {
  if (!well) return Error{.code = ErrorCode::not_found, .message = "There is none.", .detail = "", .retry_after = {}};
  return std::make_unique<int>(7);
}

Result<int> doubled(bool well) {
  TRY(const auto value, made(well));
  return *value * 2;
}

TEST(Result, TryPassesMoveOnlyValuesOnAndErrorsUp) {
  EXPECT_EQ(doubled(true).value(), 14);
  EXPECT_EQ(doubled(false).error().code, ErrorCode::not_found);
}

TEST(Result, AskingAnErrorForItsValueThrowsWithWhatWentWrong) {
  EXPECT_THROW((void)doubled(false).value(), UnexpectedError);
}

}  // namespace
}  // namespace parley::base
