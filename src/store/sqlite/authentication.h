#pragma once
// Who presents a credential, as the writer finds out.

#include "store/sqlite/session.h"
#include "store/store.h"

namespace parley::store::sqlite {

struct Caller {
  Account* account = nullptr;
  std::optional<base::KeyId> key;  ///< the API key that was presented
};

base::Error unauthenticated();

/// `unauthenticated` as Store::authenticate(). Costs no SQL where the account (for an API key: with its keys) is in
/// memory, but that the use of an API key is written once a minute. Digests are compared in constant time.
base::Result<Caller> authenticated(Session& session, const Presented& credential);

/// The same for what only a login may do: `forbidden` to an API key.
base::Result<Account*> logged_in(Session& session, const Presented& credential);

}  // namespace parley::store::sqlite
