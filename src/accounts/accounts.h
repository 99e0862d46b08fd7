#pragma once
// Opening accounts, proving who one is, and changing what proves it.

#include <cstdint>
#include <optional>
#include <string>

#include "accounts/attempts.h"
#include "accounts/username.h"
#include "async/offload_pool.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/tokens.h"
#include "crypto/password.h"
#include "store/store.h"

namespace parley::accounts {

struct Settings {
  base::Tokens starting_balance;
  bool registration_open = true;
  std::string invitation_code;  ///< what a registration must name; empty: none is asked for
  bool refuse_common_passwords = false;
  AttemptRates rates;
  crypto::PasswordCost password_cost;
};

/// Safe to call from any loop; must outlive the calls. Passwords are hashed on the pool alone, after every check that
/// costs less. Beside what is named, every operation may answer what the store and the pool do: `overloaded`,
/// `store_unavailable`, `internal`. A client address is what throttling goes by; nothing: this client is not throttled
/// by address.
///
/// Where a field of the form is at fault the error is `invalid_input`, `Error::field` names it and `Error::message` is
/// its sentence, in Django REST framework's words. That fields are there, and text, is checked before.
class Accounts {
 public:
  Accounts(store::Store& store, async::OffloadPool& hashing, const base::Clock& clock, async::Executor throttle_home,
           Settings settings);

  /// Opens an account with the starting balance; answers its username as shown. Fields: username, password, invitation.
  /// `forbidden` where registration is closed; `too_many_requests`. Every well-formed attempt counts, a taken name or
  /// wrong invitation too, so that neither can be tried out at will.
  async::Task<base::Result<std::string>> register_account(std::string username, std::string password,
                                                          std::optional<std::string> invitation,
                                                          std::optional<std::string> client_address);

  /// A new login token, which ends the one before; its text exists nowhere else. A wrong password, an unknown user and
  /// a disabled account are one `unauthenticated`, at the same price and throttled alike: `too_many_requests`.
  async::Task<base::Result<std::string>> login(std::string username, std::string password,
                                               std::optional<std::string> client_address);

  /// Ends the login token that is presented. `unauthenticated`.
  async::Task<base::Result<void>> logout(store::Presented credential);

  /// Sets the password and ends every credential of the account. Fields: current_password, new_password.
  /// `unauthenticated`; `too_many_requests`, counted together with logins; `conflict` where the password was changed in
  /// between.
  async::Task<base::Result<void>> change_password(store::Presented credential, std::string current, std::string next,
                                                  std::optional<std::string> client_address);

  // The operator's: not throttled, and open where registration is closed. `not_found` where no account has the name.

  /// As register_account(), with any opening balance of at least 0; nothing: the starting balance.
  async::Task<base::Result<std::string>> create(std::string username, std::string password,
                                                std::optional<base::Tokens> opening_balance);
  /// Sets the password and ends every credential. Field: password. Answers the username as shown.
  async::Task<base::Result<std::string>> reset_password(std::string username, std::string password);
  /// Answers the username as shown.
  async::Task<base::Result<std::string>> set_disabled(std::string username, bool disabled);
  /// Adds tokens as a credit or, where negative, takes them away as an adjustment. `invalid_input` as Store::post().
  async::Task<base::Result<store::Balance>> credit(std::string username, base::Tokens amount);

 private:
  async::Task<base::Result<std::string>> open(Username name, std::string password, base::Tokens balance);
  async::Task<base::Result<std::string>> prove_and_make_token(std::optional<Username> name, std::string password);
  async::Task<base::Result<void>> replace_password(store::Login login, std::string current, std::string next);
  /// Stores a hash at today's cost, and returns it: the right password is at hand only now.
  async::Task<base::Result<std::string>> renew_hash(store::Login login, std::string password);
  async::Task<base::Result<store::Login>> find(std::string username);

  async::Task<base::Result<std::string>> hash(std::string password);
  async::Task<base::Result<bool>> verify(std::string hash, std::string password);
  base::Result<void> check_password(const std::string& password, std::string field) const;
  base::Result<void> check_invitation(const std::optional<std::string>& invitation) const;

  store::Store& store_;
  async::OffloadPool& hashing_;
  const Settings settings_;
  const std::string decoy_hash_;
  Attempts attempts_;
};

}  // namespace parley::accounts
