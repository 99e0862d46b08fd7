#include "engines/offline.h"

#include <gtest/gtest.h>

#include "async/run_to_end.h"

namespace parley::engines {
namespace {

TEST(Offline, SaysTheLastUserMessageBack) {
  Offline engine;
  const auto reply = async::run_to_end(engine.generate({.messages = {{.role = Role::system, .text = "Be brief."},
                                                                     {.role = Role::user, .text = "first"},
                                                                     {.role = Role::assistant, .text = "so"},
                                                                     {.role = Role::user, .text = "it's 'me'\n"}}}));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->text, "AI response to 'it's 'me'\n'");
  EXPECT_FALSE(reply->usage.has_value());
  EXPECT_EQ(engine.name(), "offline");
}

}  // namespace
}  // namespace parley::engines
