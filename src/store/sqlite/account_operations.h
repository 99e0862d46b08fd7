#pragma once
// Operations on accounts and their logins, as the writer runs them. Each keeps Store's contract for the operation of
// its name, checks everything before its first write, and may be run again after its round was undone.

#include "store/sqlite/session.h"
#include "store/store.h"

namespace parley::store::sqlite {

base::Result<base::AccountId> create_account(Session& session, const NewAccount& account);
base::Result<Login> find_login(Session& session, const Presented& credential);
base::Result<void> replace_login_token(Session& session, base::AccountId id, std::string_view password_hash_seen,
                                       const crypto::Digest& token);
base::Result<void> end_login_token(Session& session, const Presented& credential);
base::Result<void> change_password(Session& session, base::AccountId id,
                                   const std::optional<std::string>& password_hash_seen,
                                   std::string_view password_hash);
base::Result<AccountSummary> account(Session& session, const Presented& credential);
base::Result<void> set_daily_limit(Session& session, const Presented& credential, std::optional<base::Tokens> limit);
base::Result<void> delete_account(Session& session, const Presented& credential);
base::Result<void> set_disabled(Session& session, base::AccountId id, bool disabled);
base::Result<std::vector<AccountSummary>> list_accounts(Session& session, std::string_view after,
                                                        std::int32_t count_max);

}  // namespace parley::store::sqlite
