#pragma once
// `parley serve`: builds the parts, hands each what it needs, waits for a signal, and takes them down in order.

#include "app/settings_sources.h"

namespace parley::app {

/// Serves until SIGTERM or SIGINT; returns the exit code: 0 after a graceful stop, 1 where the start or the store
/// failed.
int serve(const LoadedSettings& loaded);

}  // namespace parley::app
