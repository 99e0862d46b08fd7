#include "engines/offline.h"

#include <algorithm>

namespace parley::engines {

async::Task<base::Result<Reply>> Offline::generate(Prompt prompt) {
  const auto last = std::find_if(prompt.messages.rbegin(), prompt.messages.rend(),
                                 [](const Message& message) { return message.role == Role::user; });
  Reply reply;
  reply.text = "AI response to '";
  if (last != prompt.messages.rend()) reply.text += last->text;
  reply.text += '\'';
  co_return reply;
}

}  // namespace parley::engines
