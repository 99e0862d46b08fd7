#pragma once
// What the operating system knows of this process, under the names that Prometheus's client libraries share.

#include "base/metrics.h"

namespace parley::base {

/// Registers CPU time, memory, file descriptors, threads and the time of the start; read anew from /proc for each page.
/// What can't be read is shown as 0.
void register_process_figures(Metrics& metrics);

}  // namespace parley::base
