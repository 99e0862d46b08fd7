#include "engines/offline.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace parley::engines {
namespace {

constexpr std::size_t bytes_per_model_token = 4;
constexpr std::size_t piece_bytes_max = 1024;
constexpr std::size_t pieces_at_once = 16;

std::int64_t model_tokens_in(std::size_t bytes) noexcept {
  return static_cast<std::int64_t>((bytes + bytes_per_model_token - 1) / bytes_per_model_token);
}

/// The first word of `text` with the space after it, or as much of a long one as whole characters fit.
std::string_view first_piece(std::string_view text) noexcept {
  const std::size_t space = text.find(' ');
  std::size_t bytes = std::min(space == std::string_view::npos ? text.size() : space + 1, piece_bytes_max);
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

async::Task<> say_word_by_word(std::string_view text, ReplyListener& listener) {
  const async::Executor executor = co_await async::asio::this_coro::executor;
  for (std::size_t said = 1; !text.empty(); ++said) {
    const std::string_view piece = first_piece(text);
    listener.hear({.text = piece});
    text.remove_prefix(piece.size());
    // A model takes its time; without any, who reads has no chance to keep up.
    if (said % pieces_at_once == 0) co_await async::asio::post(executor, async::use_task);
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
    co_await say_word_by_word(reply.text, *listener);
    reply.text.clear();
  }
  co_return reply;
}

}  // namespace parley::engines
