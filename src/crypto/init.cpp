#include "crypto/init.h"

#include <sodium.h>

#include <stdexcept>

namespace parley::crypto {

void init() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium could not be initialised");
}

}  // namespace parley::crypto
