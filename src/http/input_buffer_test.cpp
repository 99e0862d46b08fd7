#include "http/input_buffer.h"

#include <gtest/gtest.h>

#include <cstring>

namespace parley::http {
namespace {

void put(InputBuffer& input, std::string_view bytes) {
  const auto space = input.space();
  ASSERT_GE(space.size(), bytes.size());
  std::memcpy(space.data(), bytes.data(), bytes.size());
  input.commit(bytes.size());
}

TEST(InputBuffer, ShowsWhatWasReadAndNotYetUsed) {
  BufferPool pool(8, 1);
  InputBuffer input(pool);
  put(input, "abcdef");
  input.consume(2);
  EXPECT_EQ(input.data(), "cdef");
  put(input, "ghij");
  EXPECT_EQ(input.data(), "cdefghij") << "the room of what was used is used again";
  EXPECT_EQ(input.space().size(), 0U);
}

TEST(InputBuffer, HoldsABufferOnlyWhileThereIsSomethingInIt) {
  BufferPool pool(8, 1);
  {
    InputBuffer input(pool);
    EXPECT_EQ(pool.lent(), 0U);
    put(input, "ab");
    input.give_back_if_empty();
    EXPECT_EQ(pool.lent(), 1U);
    input.consume(2);
    input.give_back_if_empty();
    EXPECT_EQ(pool.lent(), 0U);
    EXPECT_TRUE(input.empty());
    put(input, "cd");
    EXPECT_EQ(input.data(), "cd");
  }
  EXPECT_EQ(pool.lent(), 0U) << "given back with what was in it";
}

TEST(BufferPool, LendsAgainWhatItKept) {
  BufferPool pool(8, 1);
  auto first = pool.borrow();
  auto second = pool.borrow();
  EXPECT_EQ(pool.lent(), 2U);
  const char* const kept = first.get();
  pool.give_back(std::move(first));
  pool.give_back(std::move(second));
  EXPECT_EQ(pool.lent(), 0U);
  EXPECT_EQ(pool.borrow().get(), kept);
}

}  // namespace
}  // namespace parley::http
