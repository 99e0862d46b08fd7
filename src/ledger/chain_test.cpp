#include "ledger/chain.h"

#include <gmock/gmock.h>

namespace parley::ledger {
namespace {

using base::operator""_tokens;
using testing::ElementsAre;
using testing::IsEmpty;

Entry entry_after(const Head& head, EntryKind kind, base::Tokens amount) {
  return next_entry(head, {.id = {head.sequence + 7}, .account = {42}, .kind = kind, .amount = amount, .time = {}})
      .value();
}

struct Chain {
  Entry first = entry_after({}, EntryKind::grant, 4000_tokens);
  Entry second = entry_after(head_after(first), EntryKind::charge, (100_tokens).negated());
  Entry third = entry_after(head_after(second), EntryKind::credit, 5_tokens);
};

TEST(ChainChecker, FindsNothingWrongWithWhatNextEntryMade) {
  const Chain chain;
  ChainChecker checker;
  EXPECT_THAT(checker.next(chain.first), IsEmpty());
  EXPECT_THAT(checker.next(chain.second), IsEmpty());
  EXPECT_THAT(checker.next(chain.third), IsEmpty());
  EXPECT_THAT(checker.end(), IsEmpty());
  EXPECT_EQ(checker.head().balance, 3905_tokens);
}

TEST(ChainChecker, FindsAMissingEntryOnceAndGoesOnFromThere) {
  const Chain chain;
  ChainChecker checker;
  EXPECT_THAT(checker.next(chain.second), ElementsAre(ChainRule::sequence));
  EXPECT_THAT(checker.next(chain.third), IsEmpty());
  EXPECT_THAT(checker.end(), ElementsAre(ChainRule::sum));
}

TEST(ChainChecker, FindsAnAmountThatWasChanged) {
  Chain chain;
  chain.second.amount = (99_tokens).negated();
  ChainChecker checker;
  checker.next(chain.first);
  EXPECT_THAT(checker.next(chain.second), ElementsAre(ChainRule::balance, ChainRule::digest));
  EXPECT_THAT(checker.next(chain.third), IsEmpty());
  EXPECT_THAT(checker.end(), ElementsAre(ChainRule::sum));
}

TEST(ChainChecker, FindsATimeThatWasChangedByTheDigestAlone) {
  Chain chain;
  chain.second.time += std::chrono::milliseconds(1);
  ChainChecker checker;
  checker.next(chain.first);
  EXPECT_THAT(checker.next(chain.second), ElementsAre(ChainRule::digest));
  EXPECT_THAT(checker.next(chain.third), IsEmpty());
}

TEST(ChainChecker, FindsANegativeBalanceThoughItsDigestIsRight) {
  Chain chain;
  chain.first.amount = (1_tokens).negated();
  chain.first.kind = EntryKind::adjustment;
  chain.first.balance_after = (1_tokens).negated();
  chain.first.digest = digest_of(chain.first, {});
  EXPECT_THAT(ChainChecker().next(chain.first), ElementsAre(ChainRule::not_negative));
}

TEST(ChainChecker, FindsAKindThatDoesNotExistAndASignThatDoesNotFit) {
  Chain chain;
  for (const EntryKind kind : {static_cast<EntryKind>(9), EntryKind::charge}) {
    chain.first.kind = kind;
    chain.first.digest = digest_of(chain.first, {});
    EXPECT_THAT(ChainChecker().next(chain.first), ElementsAre(ChainRule::kind));
  }
}

}  // namespace
}  // namespace parley::ledger
