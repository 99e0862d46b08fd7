#include "engines/engine.h"

#include <stdexcept>

namespace parley::engines {

async::Task<base::Result<Reply>> Engine::relay(RelayedRequest /*request*/, ReplyListener* /*listener*/) {
  throw std::logic_error("this engine does not relay");
  co_return Reply();
}

}  // namespace parley::engines
