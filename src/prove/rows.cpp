#include "prove/rows.h"

#include <algorithm>

#include "async/run_to_end.h"
#include "base/clock.h"
#include "prove/all.h"
#include "store/sqlite/keeper.h"

namespace parley::prove {
namespace {

using base::Result;
using store::Presented;

/// The account's reads, of which each may refuse.
class Reader {
 public:
  Reader(store::Store& store, const Presented& credential, AccountRows& rows)
      : store_(store), credential_(credential), rows_(rows) {}

  async::Task<Result<void>> read() {
    CO_TRY_VOID(co_await read_entries());
    CO_TRY_VOID(co_await read_conversations());
    co_return Result<void>();
  }

 private:
  async::Task<Result<void>> read_entries() {
    for (std::optional<std::int64_t> before;;) {
      CO_TRY(const auto lines, co_await store_.statement(credential_, before, store::statement_lines_max));
      if (lines.empty()) break;
      for (const store::StatementLine& line : lines) {
        const ledger::Entry& entry = line.entry;
        rows_.entries.push_back({.charge = entry.kind == ledger::EntryKind::charge,
                                 .amount = entry.amount.count(),
                                 .balance_after = entry.balance_after.count(),
                                 .turn = entry.turn().value});
      }
      before = lines.back().entry.sequence;
    }
    std::ranges::reverse(rows_.entries);
    co_return Result<void>();
  }

  async::Task<Result<void>> read_conversations() {
    for (std::optional<base::TurnId> before;;) {
      store::ConversationQuery query;
      query.before = before;
      query.count_max = store::conversations_listed_max;
      CO_TRY(const auto page, co_await store_.list_conversations(credential_, std::move(query)));
      for (const store::ConversationSummary& found : page.conversations) {
        CO_TRY_VOID(co_await read_turns(found.conversation));
      }
      if (!page.next) break;
      before = page.next;
    }
    co_return Result<void>();
  }

  async::Task<Result<void>> read_turns(base::ConversationId conversation) {
    for (std::optional<base::TurnId> before;;) {
      CO_TRY(auto turns, co_await store_.read_conversation(credential_, conversation, before, store::turns_read_max));
      for (store::TurnRecord& turn : turns) {
        rows_.turns.push_back({turn.turn.value, std::move(turn.message), std::move(turn.response)});
      }
      // Its first turn is the oldest: where that was read there is no further page to ask for.
      if (turns.empty() || turns.back().turn.value == conversation.value) break;
      before = turns.back().turn;
    }
    co_return Result<void>();
  }

  store::Store& store_;
  Presented credential_;
  AccountRows& rows_;
};

async::Task<> read_one(store::Store& store, const Presented& credential, AccountRows& rows, Result<void>& outcome) {
  Reader reader(store, credential, rows);
  Result<void> read = co_await reader.read();
  if (read.has_error()) outcome = std::move(read);
}

async::Task<Result<void>> read_each(store::Store& store, const std::vector<Presented>& credentials,
                                    std::vector<AccountRows>& rows) {
  Result<void> outcome;
  std::vector<async::Task<>> readers;
  readers.reserve(credentials.size());
  for (std::size_t index = 0; index < credentials.size(); ++index) {
    readers.push_back(read_one(store, credentials[index], rows[index], outcome));
  }
  co_await all(std::move(readers));
  co_return outcome;
}

}  // namespace

Result<std::vector<AccountRows>> read_rows(const std::filesystem::path& folder,
                                           const std::vector<Presented>& credentials) {
  const base::SystemClock clock;
  store::sqlite::KeeperOptions options{.folder = folder, .clock = clock};
  TRY(const auto keeper, store::sqlite::Keeper::open(std::move(options)));
  async::asio::io_context context{1};
  const auto work = async::asio::make_work_guard(context);
  std::vector<AccountRows> rows(credentials.size());
  auto read = async::run_to_end(context, read_each(*keeper, credentials, rows));
  keeper->drain();
  if (read.has_error()) return std::move(read).error();
  return rows;
}

}  // namespace parley::prove
