#include "ledger/entry.h"

#include <gtest/gtest.h>

#include "ledger/head.h"

namespace parley::ledger {
namespace {

using base::operator""_tokens;

Posting posting(std::int64_t id, EntryKind kind, base::Tokens amount) {
  return {
      .id = {id}, .account = {42}, .kind = kind, .amount = amount, .time = base::Timestamp(std::chrono::seconds(1))};
}

TEST(Ledger, EntriesContinueTheHeadWithoutGaps) {
  const Entry first = next_entry({}, posting(1, EntryKind::grant, 4000_tokens)).value();
  const Entry second = next_entry(head_after(first), posting(9, EntryKind::charge, (100_tokens).negated())).value();
  EXPECT_EQ(first.sequence, 1);
  EXPECT_EQ(second.sequence, 2);
  EXPECT_EQ(second.balance_after, 3900_tokens);
  EXPECT_EQ(second.digest, digest_of(second, first.digest));
}

TEST(Ledger, NoEntryMakesABalanceNegative) {
  const auto refused = next_entry({.balance = 99_tokens}, posting(1, EntryKind::charge, (100_tokens).negated()));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, base::ErrorCode::invalid_input);
}

TEST(Ledger, AChargeNeverAddsAndACreditNeverTakes) {
  EXPECT_TRUE(next_entry({}, posting(1, EntryKind::charge, 100_tokens)).has_error());
  EXPECT_TRUE(next_entry({.balance = 500_tokens}, posting(1, EntryKind::credit, (100_tokens).negated())).has_error());
  EXPECT_TRUE(next_entry({}, posting(1, EntryKind::credit, 0_tokens)).has_error());
  EXPECT_FALSE(
      next_entry({.balance = 500_tokens}, posting(1, EntryKind::adjustment, (100_tokens).negated())).has_error());
}

TEST(Ledger, NoBalanceLeavesTheRangeOfExactNumbers) {
  const Head full{.balance = *base::Tokens::from(base::Tokens::count_max)};
  EXPECT_TRUE(next_entry(full, posting(1, EntryKind::credit, 1_tokens)).has_error());
}

TEST(Ledger, TheDigestDependsOnEveryField) {
  const Entry entry{.id = {7},
                    .account = {42},
                    .sequence = 2,
                    .kind = EntryKind::charge,
                    .amount = (100_tokens).negated(),
                    .balance_after = 3900_tokens,
                    .time = base::Timestamp(std::chrono::seconds(5))};
  const EntryDigest digest = digest_of(entry, {});
  const auto differs = [&](auto change) {
    Entry changed = entry;
    change(changed);
    return digest_of(changed, {}) != digest;
  };
  EXPECT_TRUE(differs([](Entry& e) { e.id = {8}; }));
  EXPECT_TRUE(differs([](Entry& e) { e.account = {43}; }));
  EXPECT_TRUE(differs([](Entry& e) { e.sequence = 3; }));
  EXPECT_TRUE(differs([](Entry& e) { e.kind = EntryKind::adjustment; }));
  EXPECT_TRUE(differs([](Entry& e) { e.amount = (101_tokens).negated(); }));
  EXPECT_TRUE(differs([](Entry& e) { e.balance_after = 3901_tokens; }));
  EXPECT_TRUE(differs([](Entry& e) { e.time += std::chrono::milliseconds(1); }));
  EXPECT_NE(digest_of(entry, digest), digest);
  EXPECT_FALSE(differs([](Entry& e) { e.digest[0] = std::byte{1}; }));
}

}  // namespace
}  // namespace parley::ledger
