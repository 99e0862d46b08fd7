#include "store/sqlite/authentication.h"

namespace parley::store::sqlite {
namespace {

/// How far a key's last use on disk may be behind.
constexpr std::chrono::minutes last_use_unsaved_max{1};

/// The key with this digest, expired or not; takes the same time wherever it is.
const ApiKey* key_with(const std::vector<ApiKey>& keys, const crypto::Digest& digest) {
  const ApiKey* found = nullptr;
  for (const ApiKey& key : keys) {
    if (crypto::equal(key.row.digest, digest)) found = &key;
  }
  return found;
}

base::Result<void> note_use(Session& session, Account& account, base::KeyId id) {
  const base::Timestamp now = session.now();
  ApiKey& key = *session.books().change_key(account, id);
  key.row.last_used = now;
  if (key.last_used_on_disk && now - *key.last_used_on_disk < last_use_unsaved_max) return {};
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().set_key_last_used(id, now));
  key.last_used_on_disk = now;
  return {};
}

base::Result<Caller> authenticated_by_key(Session& session, Account& account, const crypto::Digest& digest) {
  TRY_VOID(session.books().load_keys(account));
  const ApiKey* key = key_with(*account.state.keys, digest);
  if (key == nullptr || (key->row.expires && *key->row.expires <= session.now())) return unauthenticated();
  const base::KeyId id = key->row.id;
  TRY_VOID(note_use(session, account, id));
  return Caller{.account = &account, .key = id};
}

}  // namespace

base::Error unauthenticated() {
  return {.code = base::ErrorCode::unauthenticated, .message = "Invalid token.", .detail = "", .retry_after = {}};
}

base::Result<Caller> authenticated(Session& session, const Presented& credential) {
  TRY(Account * account, session.books().find(credential.account));
  if (account == nullptr || account->state.disabled) return unauthenticated();
  if (credential.kind == CredentialKind::api_key) return authenticated_by_key(session, *account, credential.digest);
  if (!account->state.login_token) return unauthenticated();
  if (!crypto::equal(*account->state.login_token, credential.digest)) return unauthenticated();
  return Caller{.account = account, .key = std::nullopt};
}

base::Result<Account*> logged_in(Session& session, const Presented& credential) {
  TRY(const Caller caller, authenticated(session, credential));
  if (!caller.key) return caller.account;
  return base::Error{.code = base::ErrorCode::forbidden,
                     .message = "An API key can't do this; log in.",
                     .detail = "",
                     .retry_after = {}};
}

}  // namespace parley::store::sqlite
