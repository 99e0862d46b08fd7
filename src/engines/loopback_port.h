#pragma once
// A port of 127.0.0.1 for a program that can't tell which one it took, and who listens there.

#include <sys/types.h>

#include <cstdint>
#include <istream>
#include <optional>

#include "base/error.h"

namespace parley::engines {

/// One that nobody has now; another may take it before it is used. `internal` where there is none.
base::Result<std::uint16_t> free_loopback_port();

/// The user whose process listens on 127.0.0.1:`port`, from a table in the form of /proc/net/tcp (proc_net(5)).
std::optional<uid_t> listener_of(std::istream& table, std::uint16_t port);

/// Whether another user than this process's and root listens there: the port was taken before our program came to it.
/// False where that can't be told.
bool strangers_listen_on(std::uint16_t port);

}  // namespace parley::engines
