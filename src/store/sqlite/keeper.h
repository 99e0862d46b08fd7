#pragma once
// The keeper on one SQLite file: a Store for one process.

#include <filesystem>
#include <functional>
#include <memory>

#include "store/sqlite/folder_lock.h"
#include "store/sqlite/wal_index.h"
#include "store/sqlite/writer.h"
#include "store/store.h"

namespace parley::store::sqlite {

/// The database's name in the data folder.
inline constexpr const char* database_name = "parley.db";

/// What an answered operation survives.
enum class Durability {
  power_cut,     ///< SQLite's synchronous=FULL: each commit is synced
  process_crash  ///< synchronous=NORMAL: a power cut may take commits back
};

struct KeeperOptions {
  std::filesystem::path folder;  ///< made where it is missing
  const base::Clock& clock;      ///< outlives the keeper
  /// Called at most once, from the writer's thread, when an I/O error is final: nothing is answered any more but
  /// `store_unavailable`, and the process should end with a failure. It must not destroy the keeper.
  std::function<void(const base::Error&)> on_fatal = nullptr;
  std::size_t queued_operations_max = 20'000;
  std::size_t accounts_in_memory_max = 50'000;  ///< about 400 bytes each; those with open holds or watches come on top
  const char* vfs = nullptr;                    ///< null for the operating system's own; another for fault injection
  base::Metrics* metrics = nullptr;             ///< as WriterOptions::metrics
  // What follows is there for the proofs of what the store does when the machine fails.
  Durability durability = Durability::power_cut;
  std::chrono::milliseconds probe_interval{1000};  ///< as WriterOptions::probe_interval
  int frames_between_checkpoints = 8'000;          ///< as WriterOptions::frames_between_checkpoints
};

/// The folder is this keeper's alone until it is destroyed, which answers what was asked, checkpoints and closes the
/// file. Create it before the loops and destroy it after them.
class Keeper final : public Store {
 public:
  /// Locks the folder, opens the file and brings its schema up to date. With a sentence for the operator: `conflict`
  /// where the folder is in use; `store_unavailable` where the file is not ours, damaged, or newer than this program.
  static base::Result<std::unique_ptr<Keeper>> open(KeeperOptions options);

  async::Task<base::Result<base::AccountId>> create_account(NewAccount account) override;
  async::Task<base::Result<std::optional<Login>>> find_login(std::string username_key) override;
  async::Task<base::Result<Login>> find_login(Presented credential) override;
  async::Task<base::Result<void>> replace_login_token(base::AccountId account, std::string password_hash_seen,
                                                      crypto::Digest token) override;
  async::Task<base::Result<void>> end_login_token(Presented credential) override;
  async::Task<base::Result<void>> change_password(base::AccountId account,
                                                  std::optional<std::string> password_hash_seen,
                                                  std::string password_hash) override;
  async::Task<base::Result<base::AccountId>> authenticate(Presented credential) override;
  async::Task<base::Result<Balance>> balance(Presented credential) override;
  async::Task<base::Result<AccountSummary>> account(Presented credential) override;
  async::Task<base::Result<void>> delete_account(Presented credential) override;
  async::Task<base::Result<KeySummary>> create_key(Presented credential, NewKey key) override;
  async::Task<base::Result<std::vector<KeySummary>>> list_keys(Presented credential) override;
  async::Task<base::Result<void>> end_key(Presented credential, base::KeyId key) override;
  async::Task<base::Result<std::vector<StatementLine>>> statement(Presented credential,
                                                                  std::optional<std::int64_t> before,
                                                                  std::int32_t lines_max) override;
  async::Task<base::Result<void>> set_daily_limit(Presented credential, std::optional<base::Tokens> limit) override;
  async::Task<base::Result<void>> set_key_daily_limit(Presented credential, base::KeyId key,
                                                      std::optional<base::Tokens> limit) override;
  async::Task<base::Result<std::unique_ptr<Watch>>> watch(Presented credential, async::Executor home,
                                                          TellFigures tell) override;
  async::Task<base::Result<ConversationPage>> list_conversations(Presented credential,
                                                                 ConversationQuery query) override;
  async::Task<base::Result<ConversationSummary>> find_conversation(Presented credential,
                                                                   base::ConversationId conversation) override;
  async::Task<base::Result<std::vector<TurnRecord>>> read_conversation(Presented credential,
                                                                       base::ConversationId conversation,
                                                                       std::optional<base::TurnId> before,
                                                                       std::int32_t count_max) override;
  async::Task<base::Result<void>> rename_conversation(Presented credential, base::ConversationId conversation,
                                                      std::string title) override;
  async::Task<base::Result<void>> delete_conversation(Presented credential, base::ConversationId conversation) override;
  async::Task<base::Result<HoldDecision>> hold(HoldRequest request) override;
  async::Task<base::Result<Settled>> settle(Hold hold, Settlement settlement) override;
  async::Task<base::Result<Balance>> post(base::AccountId account, ledger::EntryKind kind,
                                          base::Tokens amount) override;
  async::Task<base::Result<void>> set_disabled(base::AccountId account, bool disabled) override;
  async::Task<base::Result<std::vector<AccountSummary>>> list_accounts(std::string after,
                                                                       std::int32_t count_max) override;

  bool writable() const noexcept override { return writer_.writable(); }
  HoldCounts hold_counts() const noexcept override { return writer_.hold_counts(); }
  void drain() override { writer_.drain(); }

 private:
  Keeper(FolderLock lock, WalIndexRoom room, std::unique_ptr<Session> session, WriterOptions options)
      : lock_(std::move(lock)), room_(std::move(room)), writer_(std::move(session), std::move(options)) {}

  FolderLock lock_;
  WalIndexRoom room_;
  Writer writer_;
};

}  // namespace parley::store::sqlite
