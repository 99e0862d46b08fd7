#pragma once
// Checks a database against every invariant that is stored, while a server may be writing to it.

#include <filesystem>

#include "base/error.h"
#include "store/verify_report.h"

namespace parley::store::sqlite {

/// The names of the invariants beyond those of ledger::ChainRule, as findings have them.
inline constexpr const char* entry_has_account = "each entry has its account";
inline constexpr const char* charge_has_turn = "each charge has exactly one turn";
inline constexpr const char* turn_has_charge = "each turn has its charge";
inline constexpr const char* login_token_has_account = "each login token has its account";
inline constexpr const char* entry_has_api_key = "each entry's API key is its account's";
inline constexpr const char* only_charges_have_api_key = "only charges have an API key";
inline constexpr const char* api_key_has_account = "each API key has its account";
inline constexpr const char* api_key_spent_is_charged = "each API key has spent the sum of its charges";
inline constexpr const char* idempotency_has_turn = "each idempotency record has its turn";
inline constexpr const char* idempotency_turn_once = "no two idempotency records share a turn";
inline constexpr const char* idempotency_key_once = "no two idempotency records share a key";
inline constexpr const char* turn_has_conversation =
    "each turn's conversation is begun by an earlier turn of its account";
inline constexpr const char* conversation_deleted_whole = "a conversation's texts are there or deleted together";
inline constexpr const char* usage_is_counted = "a turn's usage is two numbers of at least 0, or not recorded";
inline constexpr const char* title_has_conversation = "each title has its conversation, with texts";
inline constexpr const char* file_intact = "the file is intact";

/// Reads the database in `folder`, each account's entries in their order and each turn. The connection is read-only and
/// its transactions are short, so that the log of a live server can be carried over meanwhile; PRAGMA quick_check,
/// last, is the exception. What is committed after an account was looked at is not looked at.
///
/// Everything that is wrong with the data is in the report. `store_unavailable` where there is no database, its schema
/// is not this program's, or it can't be read. `vfs` is null for the operating system's own.
base::Result<VerifyReport> verify(const std::filesystem::path& folder, const char* vfs = nullptr);

/// The same of one file.
base::Result<VerifyReport> verify_file(const std::filesystem::path& file, const char* vfs = nullptr);

}  // namespace parley::store::sqlite
