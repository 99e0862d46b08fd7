#include "store/sqlite/keeper.h"

#include "store/sqlite/account_operations.h"
#include "store/sqlite/authentication.h"
#include "store/sqlite/conversation_operations.h"
#include "store/sqlite/conversation_walk.h"
#include "store/sqlite/key_operations.h"
#include "store/sqlite/ledger_operations.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/ticket.h"
#include "store/sqlite/watch_operations.h"

namespace parley::store::sqlite {
namespace {

/// The cache is a limit, in KiB where negative, not a reservation.
/// secure_delete overwrites what is deleted: an account's texts don't stay in the file.
constexpr const char* writer_settings = "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON";

const char* setting_for(Durability durability) {
  return durability == Durability::power_cut ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";
}

/// How many rounds an operation takes at most that counts an account's charges first.
constexpr int counting_steps_max = 100'000;

/// For an Error of SQLite's that ends a start: what the operator should read.
base::Error start_failed(const std::filesystem::path& file, base::Error error) {
  if (error.code == base::ErrorCode::internal) {
    error.code = base::ErrorCode::store_unavailable;
    error.message = "The database " + file.string() + " can't be used: " + error.detail + ".";
  }
  return error;
}

base::Result<std::unique_ptr<Session>> open_session(const std::filesystem::path& file, const KeeperOptions& options) {
  TRY(auto connection, Connection::open(file, Access::read_write, options.vfs));
  TRY_VOID(check_schema(*connection));
  TRY_VOID(connection->execute("PRAGMA journal_mode=WAL"));
  TRY_VOID(connection->execute(setting_for(options.durability)));
  TRY_VOID(connection->execute(writer_settings));
  TRY_VOID(migrate(*connection));
  return Session::open(std::move(connection), options.clock, options.accounts_in_memory_max);
}

}  // namespace

base::Result<std::unique_ptr<Keeper>> Keeper::open(KeeperOptions options) {
  TRY_VOID(make_folder(options.folder));
  TRY(FolderLock lock, lock_folder(options.folder));
  const std::filesystem::path file = options.folder / database_name;
  TRY_VOID(make_file(file));
  auto session = open_session(file, options);
  if (session.has_error()) return start_failed(file, std::move(session).error());
  return std::unique_ptr<Keeper>(new Keeper(std::move(lock), WalIndexRoom::take(file), *std::move(session),
                                            {.queued_operations_max = options.queued_operations_max,
                                             .probe_file = options.folder / "space-probe",
                                             .on_fatal = std::move(options.on_fatal),
                                             .probe_interval = options.probe_interval,
                                             .frames_between_checkpoints = options.frames_between_checkpoints,
                                             .metrics = options.metrics}));
}

async::Task<base::Result<base::AccountId>> Keeper::create_account(NewAccount account) {
  return writer_.ask<base::AccountId>(
      [account = std::move(account)](Session& session) { return sqlite::create_account(session, account); });
}

async::Task<base::Result<std::optional<Login>>> Keeper::find_login(std::string username_key) {
  return writer_.ask<std::optional<Login>>(
      [key = std::move(username_key)](Session& session) { return session.records().login(key); });
}

async::Task<base::Result<Login>> Keeper::find_login(Presented credential) {
  return writer_.ask<Login>([credential](Session& session) { return sqlite::find_login(session, credential); });
}

async::Task<base::Result<void>> Keeper::replace_login_token(base::AccountId account, std::string password_hash_seen,
                                                            crypto::Digest token) {
  return writer_.ask<void>([account, seen = std::move(password_hash_seen), token](Session& session) {
    return sqlite::replace_login_token(session, account, seen, token);
  });
}

async::Task<base::Result<void>> Keeper::end_login_token(Presented credential) {
  return writer_.ask<void>([credential](Session& session) { return sqlite::end_login_token(session, credential); });
}

async::Task<base::Result<void>> Keeper::change_password(base::AccountId account,
                                                        std::optional<std::string> password_hash_seen,
                                                        std::string password_hash) {
  return writer_.ask<void>([account, seen = std::move(password_hash_seen), hash = std::move(password_hash)](
                               Session& session) { return sqlite::change_password(session, account, seen, hash); });
}

async::Task<base::Result<base::AccountId>> Keeper::authenticate(Presented credential) {
  return writer_.ask<base::AccountId>([credential](Session& session) -> base::Result<base::AccountId> {
    TRY(const Caller caller, authenticated(session, credential));
    return caller.account->id;
  });
}

async::Task<base::Result<Balance>> Keeper::balance(Presented credential) {
  return writer_.ask<Balance>([credential](Session& session) { return sqlite::balance(session, credential); });
}

async::Task<base::Result<AccountSummary>> Keeper::account(Presented credential) {
  return writer_.ask<AccountSummary>([credential](Session& session) { return sqlite::account(session, credential); });
}

async::Task<base::Result<void>> Keeper::delete_account(Presented credential) {
  return writer_.ask<void>([credential](Session& session) { return sqlite::delete_account(session, credential); });
}

async::Task<base::Result<KeySummary>> Keeper::create_key(Presented credential, NewKey key) {
  return writer_.ask<KeySummary>(
      [credential, key = std::move(key)](Session& session) { return sqlite::create_key(session, credential, key); });
}

async::Task<base::Result<std::vector<KeySummary>>> Keeper::list_keys(Presented credential) {
  return writer_.ask<std::vector<KeySummary>>(
      [credential](Session& session) { return sqlite::list_keys(session, credential); });
}

async::Task<base::Result<void>> Keeper::end_key(Presented credential, base::KeyId key) {
  return writer_.ask<void>([credential, key](Session& session) { return sqlite::end_key(session, credential, key); });
}

async::Task<base::Result<std::vector<StatementLine>>> Keeper::statement(Presented credential,
                                                                        std::optional<std::int64_t> before,
                                                                        std::int32_t lines_max) {
  return writer_.ask<std::vector<StatementLine>>([credential, before, lines_max](Session& session) {
    return sqlite::statement(session, credential, before, lines_max);
  });
}

async::Task<base::Result<void>> Keeper::set_daily_limit(Presented credential, std::optional<base::Tokens> limit) {
  return writer_.ask<void>(
      [credential, limit](Session& session) { return sqlite::set_daily_limit(session, credential, limit); });
}

async::Task<base::Result<void>> Keeper::set_key_daily_limit(Presented credential, base::KeyId key,
                                                            std::optional<base::Tokens> limit) {
  return writer_.ask<void>([credential, key, limit](Session& session) {
    return sqlite::set_key_daily_limit(session, credential, key, limit);
  });
}

async::Task<base::Result<std::unique_ptr<Watch>>> Keeper::watch(Presented credential, async::Executor home,
                                                                TellFigures tell) {
  auto watcher = std::make_shared<Watcher>(credential, home.context(), std::move(tell));
  // Made first, as a hold's guard is: wherever this coroutine ends, the watching ends with it.
  std::unique_ptr<Watch> guard = std::make_unique<WatchGuard>(writer_, watcher);
  for (int step = 0; step < counting_steps_max; ++step) {
    auto body = [watcher](Session& session) { return begin_watch(session, watcher); };
    CO_TRY(const bool watching, co_await writer_.ask<bool>(std::move(body)));
    if (watching) co_return std::move(guard);
  }
  co_return queue_full();
}

async::Task<base::Result<ConversationPage>> Keeper::list_conversations(Presented credential, ConversationQuery query) {
  ConversationWalk walk(std::move(query));
  while (!walk.ended) {
    auto body = [credential, walk](Session& session) { return step_on(session, credential, walk); };
    CO_TRY(walk, co_await writer_.ask<ConversationWalk>(std::move(body)));
  }
  co_return std::move(walk.page);
}

async::Task<base::Result<ConversationSummary>> Keeper::find_conversation(Presented credential,
                                                                         base::ConversationId conversation) {
  return writer_.ask<ConversationSummary>([credential, conversation](Session& session) {
    return sqlite::find_conversation(session, credential, conversation);
  });
}

async::Task<base::Result<std::vector<TurnRecord>>> Keeper::read_conversation(Presented credential,
                                                                             base::ConversationId conversation,
                                                                             std::optional<base::TurnId> before,
                                                                             std::int32_t count_max) {
  return writer_.ask<std::vector<TurnRecord>>([credential, conversation, before, count_max](Session& session) {
    return sqlite::read_conversation(session, credential, conversation, before, count_max);
  });
}

async::Task<base::Result<void>> Keeper::rename_conversation(Presented credential, base::ConversationId conversation,
                                                            std::string title) {
  return writer_.ask<void>([credential, conversation, title = std::move(title)](Session& session) {
    return sqlite::rename_conversation(session, credential, conversation, title);
  });
}

async::Task<base::Result<void>> Keeper::delete_conversation(Presented credential, base::ConversationId conversation) {
  return writer_.ask<void>([credential, conversation](Session& session) {
    return sqlite::delete_conversation(session, credential, conversation);
  });
}

async::Task<base::Result<HoldDecision>> Keeper::hold(HoldRequest request) {
  // The guard is made first: wherever this coroutine ends, an open hold ends with it.
  auto ticket = std::make_unique<Ticket>(writer_);
  OpenHold& open_hold = ticket->open_hold();
  Hold guard(std::move(ticket), &Ticket::release);
  // Named, because g++ 12 copies the bytes of a closure that is a temporary of the awaiting expression.
  for (int step = 0; step < counting_steps_max; ++step) {
    auto body = [&request, &open_hold](Session& session) { return take_hold(session, request, open_hold); };
    CO_TRY(auto decision, co_await writer_.ask<std::optional<HoldDecision>>(std::move(body)));
    if (!decision) continue;
    if (auto* held = std::get_if<Held>(&*decision)) held->hold = std::move(guard);
    co_return *std::move(decision);
  }
  co_return queue_full();
}

async::Task<base::Result<Settled>> Keeper::settle(Hold hold, Settlement settlement) {
  auto ticket = hold.take_ticket();
  if (!ticket) throw std::logic_error("an empty hold was to be settled");
  OpenHold& open_hold = static_cast<Ticket&>(*ticket).open_hold();
  // The guard goes with the operation: where settling fails, or is never run, the hold is released.
  return writer_.ask<Settled>(
      [guard = Hold(std::move(ticket), &Ticket::release), &open_hold,
       settlement = std::move(settlement)](Session& session) { return sqlite::settle(session, open_hold, settlement); },
      Admission::always);
}

async::Task<base::Result<Balance>> Keeper::post(base::AccountId account, ledger::EntryKind kind, base::Tokens amount) {
  return writer_.ask<Balance>(
      [account, kind, amount](Session& session) { return sqlite::post(session, account, kind, amount); });
}

async::Task<base::Result<void>> Keeper::set_disabled(base::AccountId account, bool disabled) {
  return writer_.ask<void>(
      [account, disabled](Session& session) { return sqlite::set_disabled(session, account, disabled); });
}

async::Task<base::Result<std::vector<AccountSummary>>> Keeper::list_accounts(std::string after,
                                                                             std::int32_t count_max) {
  return writer_.ask<std::vector<AccountSummary>>([after = std::move(after), count_max](Session& session) {
    return sqlite::list_accounts(session, after, count_max);
  });
}

}  // namespace parley::store::sqlite
