#include "http/request_id.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::http {
namespace {

TEST(RequestIds, KeepsTheClientsOwnWhereItIsValid) {
  RequestIds ids;
  EXPECT_EQ(ids.id_for("aZ09._-"), "aZ09._-");
  EXPECT_EQ(ids.id_for(std::string(128, 'a')), std::string(128, 'a'));
}

TEST(RequestIds, MakesOneWhereTheClientsIsMissingOrInvalid) {
  RequestIds ids;
  for (const std::string& own : {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\"b")}) {
    EXPECT_NE(ids.id_for(own), own);
    EXPECT_TRUE(is_valid_request_id(ids.id_for(own)));
  }
}

TEST(RequestIds, NeverMakesTheSameTwice) {
  RequestIds ids;
  RequestIds others;
  EXPECT_NE(ids.id_for(""), ids.id_for(""));
  EXPECT_NE(RequestIds().id_for(""), others.id_for(""));
}

}  // namespace
}  // namespace parley::http
