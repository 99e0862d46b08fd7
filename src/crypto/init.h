#pragma once
// Makes libsodium ready.

namespace parley::crypto {

/// Picks libsodium's implementations for this machine and opens its source of randomness. Call it first thing in main,
/// so that a machine without randomness fails at the start; what needs it calls it again, which costs next to nothing.
/// Throws std::runtime_error. Safe from any thread.
void init();

}  // namespace parley::crypto
