#include "engines/offline.h"

#include <algorithm>

namespace parley::engines {
namespace {

constexpr std::size_t bytes_per_model_token = 4;

std::int64_t model_tokens_in(std::size_t bytes) noexcept {
  return static_cast<std::int64_t>((bytes + bytes_per_model_token - 1) / bytes_per_model_token);
}

void say_word_by_word(std::string_view text, ReplyListener& listener) {
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space == std::string_view::npos ? space : space + 1);
    listener.hear({.text = word});
    text.remove_prefix(word.size());
  }
}

}  // namespace

async::Task<base::Result<Reply>> Offline::generate(Prompt prompt, ReplyListener* listener) {
  const auto last = std::find_if(prompt.messages.rbegin(), prompt.messages.rend(),
                                 [](const Message& message) { return message.role == Role::user; });
  Reply reply;
  reply.text = "AI response to '";
  if (last != prompt.messages.rend()) reply.text += last->text;
  reply.text += '\'';
  std::size_t asked_bytes = 0;
  for (const Message& message : prompt.messages) asked_bytes += message.text.size();
  reply.usage = Usage{.input_model_tokens = model_tokens_in(asked_bytes),
                      .output_model_tokens = model_tokens_in(reply.text.size())};
  if (listener != nullptr) {
    listener->open();
    say_word_by_word(reply.text, *listener);
    reply.text.clear();
  }
  co_return reply;
}

}  // namespace parley::engines
