#include "store/sqlite/key_operations.h"

#include <algorithm>

#include "store/sqlite/authentication.h"

namespace parley::store::sqlite {
namespace {

base::Error refused(base::ErrorCode code, std::string message) {
  return {.code = code, .message = std::move(message), .detail = "", .retry_after = {}};
}

bool negative(std::optional<base::Tokens> limit) {
  return limit && limit->negative();
}

base::Error negative_daily_limit() {
  return refused(base::ErrorCode::invalid_input, "A daily limit can't be negative.");
}

base::Error no_such_key() {
  return refused(base::ErrorCode::not_found, "There is no such API key.");
}

base::Error too_many_keys() {
  return refused(base::ErrorCode::conflict, "An account can have " + std::to_string(keys_per_account_max) +
                                                " API keys; end one that is no longer used.");
}

base::Error too_many_keys_made() {
  return refused(base::ErrorCode::conflict, "This account has made as many API keys as one account can.");
}

}  // namespace

base::Result<KeySummary> create_key(Session& session, const Presented& credential, const NewKey& key) {
  TRY(Account * account, logged_in(session, credential));
  if (negative(key.limit)) return refused(base::ErrorCode::invalid_input, "A spending limit can't be negative.");
  if (negative(key.daily_limit)) return negative_daily_limit();
  TRY_VOID(session.books().load_keys(*account));
  if (account->state.keys->size() >= static_cast<std::size_t>(keys_per_account_max)) return too_many_keys();
  TRY(const std::int64_t made, session.records().keys_made(account->id));
  if (made >= keys_made_per_account_max) return too_many_keys_made();
  const base::Timestamp now = session.now();
  TRY_VOID(session.begin_write());
  TRY(const base::KeyId id, session.records().insert_key(account->id, key, now));
  const ApiKeyRow row{.id = id,
                      .digest = key.digest,
                      .expires = key.expires,
                      .last_used = {},
                      .limit = key.limit,
                      .daily_limit = key.daily_limit,
                      .spent = {}};
  session.books().change(*account).keys.write().push_back({.row = row, .held = {}, .last_used_on_disk = {}});
  return KeySummary{.id = id,
                    .name = key.name,
                    .created = now,
                    .expires = key.expires,
                    .last_used = {},
                    .limit = key.limit,
                    .daily_limit = key.daily_limit,
                    .spent = {}};
}

base::Result<std::vector<KeySummary>> list_keys(Session& session, const Presented& credential) {
  TRY(const Account* account, logged_in(session, credential));
  TRY(auto summaries, session.records().key_summaries(account->id));
  for (KeySummary& summary : summaries) {
    const ApiKey* in_memory = account->state.key(summary.id);
    if (in_memory != nullptr) summary.last_used = in_memory->row.last_used;
  }
  return summaries;
}

base::Result<void> set_key_daily_limit(Session& session, const Presented& credential, base::KeyId id,
                                       std::optional<base::Tokens> limit) {
  TRY(Account * account, logged_in(session, credential));
  if (negative(limit)) return negative_daily_limit();
  TRY_VOID(session.books().load_keys(*account));
  if (account->state.key(id) == nullptr) return no_such_key();
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().set_key_daily_limit(id, limit));
  session.books().change_key(*account, id)->row.daily_limit = limit;
  return {};
}

base::Result<void> end_key(Session& session, const Presented& credential, base::KeyId id) {
  TRY(Account * account, logged_in(session, credential));
  TRY_VOID(session.books().load_keys(*account));
  if (account->state.key(id) == nullptr) return no_such_key();
  TRY_VOID(session.begin_write());
  TRY_VOID(session.records().end_key(id, session.now()));
  std::erase_if(session.books().change(*account).keys.write(), [&](const ApiKey& key) { return key.row.id == id; });
  return {};
}

}  // namespace parley::store::sqlite
