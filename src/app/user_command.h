#pragma once
// `parley user`: the operator's hand on accounts. While a server runs, it goes through that server's admin.sock, since
// only one process may write; otherwise it takes the folder's lock and does the same itself.

#include <string>

#include "app/settings.h"

namespace parley::app {

enum class UserAction { create, credit, disable, enable, reset_password, list };

struct UserCommand {
  UserAction action = UserAction::list;
  std::string username;
  std::string tokens;                ///< create: opening balance, may be empty; credit: how many
  bool password_from_stdin = false;  ///< otherwise a password is made and printed
};

/// Prints the outcome; returns the exit code.
int run_user_command(const UserCommand& command, const Settings& settings);

}  // namespace parley::app
