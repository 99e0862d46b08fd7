#include "accounts/accounts.h"

#include <algorithm>
#include <utility>

#include "accounts/client_address.h"
#include "accounts/credential.h"
#include "accounts/field_error.h"
#include "accounts/password_rules.h"
#include "crypto/digest.h"

namespace parley::accounts {
namespace {

using base::ErrorCode;

/// Of a username that is none, what throttling tells apart.
constexpr std::size_t odd_username_bytes_max = 4096;

base::Error refusal(ErrorCode code, std::string sentence) {
  return {.code = code, .message = std::move(sentence), .detail = {}};
}

base::Error invalid_credentials() {
  return refusal(ErrorCode::unauthenticated, "Invalid credentials");
}

base::Error name_taken() {
  return field_error("username", "A user with that username already exists.");
}

/// Nobody is charged for our own troubles.
bool our_fault(const base::Error& error) {
  return error.code == ErrorCode::overloaded || error.code == ErrorCode::store_unavailable ||
         error.code == ErrorCode::internal;
}

std::optional<Throttle::Key> address_key(const std::optional<std::string>& client_address) {
  if (!client_address) return std::nullopt;
  return crypto::digest_of(client_of_address(*client_address));
}

}  // namespace

Accounts::Accounts(store::Store& store, async::OffloadPool& hashing, const base::Clock& clock,
                   async::Executor throttle_home, Settings settings)
    : store_(store),
      hashing_(hashing),
      settings_(std::move(settings)),
      decoy_hash_(crypto::decoy_hash(settings_.password_cost)),
      attempts_(throttle_home, clock, settings_.rates) {}

async::Task<base::Result<std::string>> Accounts::register_account(std::string username, std::string password,
                                                                  std::optional<std::string> invitation,
                                                                  std::optional<std::string> client_address) {
  if (!settings_.registration_open) co_return refusal(ErrorCode::forbidden, "Registration is closed.");
  CO_TRY(Username name, parse_username(username));
  CO_TRY_VOID(check_password(password, "password"));
  if (!settings_.invitation_code.empty() && !invitation) co_return field_error("invitation", "This field is required.");
  const auto address = address_key(client_address);
  CO_TRY_VOID(co_await attempts_.charge_registration(address));
  CO_TRY_VOID(check_invitation(invitation));
  auto opened = co_await open(std::move(name), std::move(password), settings_.starting_balance);
  if (opened.has_error() && our_fault(opened.error())) co_await attempts_.give_back_registration(address);
  co_return opened;
}

async::Task<base::Result<std::string>> Accounts::login(std::string username, std::string password,
                                                       std::optional<std::string> client_address) {
  std::optional<Username> name;
  if (auto parsed = parse_username(username)) name = std::move(*parsed);
  const auto account = crypto::digest_of(name ? name->key : username.substr(0, odd_username_bytes_max));
  const auto address = address_key(client_address);
  CO_TRY_VOID(co_await attempts_.charge_login(account, address));
  auto token = co_await prove_and_make_token(std::move(name), std::move(password));
  if (token.has_value() || our_fault(token.error())) co_await attempts_.give_back_login(account, address);
  co_return token;
}

async::Task<base::Result<void>> Accounts::logout(store::Presented credential) {
  co_return co_await store_.end_login_token(credential);
}

async::Task<base::Result<void>> Accounts::change_password(store::Presented credential, std::string current,
                                                          std::string next, std::optional<std::string> client_address) {
  CO_TRY(store::Login login, co_await store_.find_login(credential));
  CO_TRY_VOID(check_password(next, "new_password"));
  const auto account = crypto::digest_of(login.username_key);
  const auto address = address_key(client_address);
  CO_TRY_VOID(co_await attempts_.charge_login(account, address));
  auto changed = co_await replace_password(std::move(login), std::move(current), std::move(next));
  const bool wrong_password = changed.has_error() && changed.error().code == ErrorCode::invalid_input;
  if (!wrong_password) co_await attempts_.give_back_login(account, address);
  co_return changed;
}

async::Task<base::Result<std::string>> Accounts::open(Username name, std::string password, base::Tokens balance) {
  CO_TRY(const auto taken, co_await store_.find_login(name.key));
  if (taken) co_return name_taken();
  CO_TRY(std::string password_hash, co_await hash(std::move(password)));
  store::NewAccount opening{.username = name.shown,
                            .username_key = std::move(name.key),
                            .password_hash = std::move(password_hash),
                            .opening_balance = balance};
  const auto account = co_await store_.create_account(std::move(opening));
  if (account.has_error() && account.error().code == ErrorCode::conflict) co_return name_taken();
  if (account.has_error()) co_return account.error();
  co_return std::move(name.shown);
}

async::Task<base::Result<std::string>> Accounts::prove_and_make_token(std::optional<Username> name,
                                                                      std::string password) {
  std::optional<store::Login> login;
  if (name) {
    CO_TRY(login, co_await store_.find_login(name->key));
  }
  std::string expected = login ? login->password_hash : decoy_hash_;
  CO_TRY(const bool right, co_await verify(std::move(expected), password));
  if (!right || !login || login->disabled) co_return invalid_credentials();
  if (crypto::needs_rehash(login->password_hash, settings_.password_cost)) {
    CO_TRY(login->password_hash, co_await renew_hash(*login, std::move(password)));
  }
  LoginToken token = make_login_token(login->account);
  const auto replaced = co_await store_.replace_login_token(login->account, login->password_hash, token.digest);
  if (replaced.has_value()) co_return std::move(token.text);
  if (replaced.error().code == ErrorCode::unauthenticated) co_return invalid_credentials();
  co_return replaced.error();
}

async::Task<base::Result<std::string>> Accounts::renew_hash(store::Login login, std::string password) {
  CO_TRY(std::string renewed, co_await hash(std::move(password)));
  const auto changed = co_await store_.change_password(login.account, login.password_hash, renewed);
  if (changed.has_value()) co_return renewed;
  if (changed.error().code == ErrorCode::conflict) co_return invalid_credentials();  // it was changed meanwhile
  co_return changed.error();
}

async::Task<base::Result<void>> Accounts::replace_password(store::Login login, std::string current, std::string next) {
  CO_TRY(const bool right, co_await verify(login.password_hash, std::move(current)));
  if (!right) co_return field_error("current_password", "Wrong password.");
  CO_TRY(std::string password_hash, co_await hash(std::move(next)));
  co_return co_await store_.change_password(login.account, login.password_hash, std::move(password_hash));
}

async::Task<base::Result<std::string>> Accounts::hash(std::string password) {
  const auto work = [password = std::move(password), cost = settings_.password_cost] {
    return crypto::hash_password(password, cost);
  };
  co_return co_await hashing_.run(work);
}

// What is too long is no password of ours, but takes as long to refuse.
async::Task<base::Result<bool>> Accounts::verify(std::string hash, std::string password) {
  const bool possible = password.size() <= password_bytes_max;
  password.resize(std::min(password.size(), password_bytes_max));
  const auto work = [hash = std::move(hash), password = std::move(password)] {
    return crypto::verify_password(hash, password);
  };
  CO_TRY(const bool right, co_await hashing_.run(work));
  if (!possible) co_return false;
  co_return right;
}

base::Result<void> Accounts::check_password(const std::string& password, std::string field) const {
  return check_new_password(password, settings_.refuse_common_passwords, std::move(field));
}

// Digests, so that time says nothing of how much was right.
base::Result<void> Accounts::check_invitation(const std::optional<std::string>& invitation) const {
  if (settings_.invitation_code.empty()) return {};
  const bool right =
      invitation && crypto::equal(crypto::digest_of(*invitation), crypto::digest_of(settings_.invitation_code));
  if (!right) return field_error("invitation", "Enter a valid invitation code.");
  return {};
}

}  // namespace parley::accounts
