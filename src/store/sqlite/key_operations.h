#pragma once
// Operations on an account's API keys, as the writer runs them. Each keeps Store's contract for the operation of its
// name, and may be run again after its round was undone.

#include "store/sqlite/session.h"
#include "store/store.h"

namespace parley::store::sqlite {

base::Result<KeySummary> create_key(Session& session, const Presented& credential, const NewKey& key);
base::Result<std::vector<KeySummary>> list_keys(Session& session, const Presented& credential);
base::Result<void> set_key_daily_limit(Session& session, const Presented& credential, base::KeyId id,
                                       std::optional<base::Tokens> limit);
base::Result<void> end_key(Session& session, const Presented& credential, base::KeyId id);

}  // namespace parley::store::sqlite
