// The readers of streamed replies, OpenAI's and Anthropic's: any split of the bytes comes down to the same reply, and
// what they say on is fit to be saved and sent.

#include <string>

#include "base/tokens.h"
#include "engines/completion_stream.h"
#include "engines/messages_stream.h"
#include "harness.h"
#include "http/utf8.h"
#include "json/parse.h"

namespace parley::fuzz {
namespace {

using engines::CompletionStream;
using Mode = CompletionStream::Mode;
using Taken = upstream::BodySink::Taken;

constexpr std::size_t event_bytes_max = 4096;

/// Writes down what it hears.
class Listener final : public engines::ReplyListener {
 public:
  explicit Listener(bool relays) : relays_(relays) {}

  void open() override {
    PROPERTY(!open_);
    open_ = true;
    seen_ += "open\n";
  }
  void hear(const engines::Heard& heard) override {
    PROPERTY(open_ && http::is_utf8(heard.text));
    PROPERTY(relays_ || (heard.chunk.empty() && !heard.text.empty()));
    if (!heard.chunk.empty()) PROPERTY(json::parse(heard.chunk).has_value());
    seen_.append("text ").append(heard.text).append("\nchunk ").append(heard.chunk);
    seen_ += heard.says_something ? "\nsays something\n" : "\n";
  }

  const std::string& seen() const { return seen_; }

 private:
  bool relays_;
  bool open_ = false;
  std::string seen_;
};

void check_reply(const engines::Reply& reply, bool relays) {
  PROPERTY(http::is_utf8(reply.text) && http::is_utf8(reply.finish_reason));
  PROPERTY(relays || reply.closing.empty());
  for (const std::string& chunk : reply.closing) PROPERTY(json::parse(chunk).has_value());
  if (!reply.usage) return;
  const auto credible = [](std::int64_t count) { return count >= 0 && count <= base::Tokens::count_max; };
  PROPERTY(credible(reply.usage->input_model_tokens) && credible(reply.usage->output_model_tokens));
}

template <class Stream>
std::string seen_by(Stream& stream, const Listener& listener, const Pieces& pieces, bool relays) {
  Taken taken = Taken::more;
  stream.opened();
  for (auto piece = pieces.begin(); piece != pieces.end() && taken == Taken::more; ++piece) taken = stream.take(*piece);
  PROPERTY((taken == Taken::refuse) == !stream.fault().empty());
  PROPERTY((taken == Taken::enough) == stream.complete());
  if (stream.complaint()) PROPERTY(taken == Taken::refuse && !stream.complaint()->error.message.empty());
  std::string seen = listener.seen() + "fault " + stream.fault() + (stream.complete() ? "\ncomplete" : "") +
                     (stream.finished() ? "\nfinished" : "") + (stream.said_something() ? "\nsaid something" : "");
  const engines::Reply reply = stream.take_reply();
  check_reply(reply, relays);
  seen += "\nreason " + reply.finish_reason;
  for (const std::string& chunk : reply.closing) seen += "\nclosing " + chunk;
  if (reply.usage) {
    seen += "\nusage " + std::to_string(reply.usage->input_model_tokens) + ' ' +
            std::to_string(reply.usage->output_model_tokens);
  }
  return seen;
}

std::string completion(const Pieces& pieces, Mode mode) {
  Listener listener(mode != Mode::text);
  CompletionStream stream(listener, mode, event_bytes_max);
  return seen_by(stream, listener, pieces, mode != Mode::text);
}

std::string messages(const Pieces& pieces, Mode mode) {
  Listener listener(mode != Mode::text);
  engines::MessagesStream stream(listener, mode, 1'700'000'000, event_bytes_max);
  return seen_by(stream, listener, pieces, mode != Mode::text);
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::fuzz;
  const std::string_view bytes = text_of(data, size);
  const std::string by_completion = completion({bytes}, Mode::relay_with_usage);
  const std::string by_messages = messages({bytes}, Mode::relay_with_usage);
  for (const Pieces& pieces : {byte_by_byte(bytes), as_the_bytes_say(bytes)}) {
    PROPERTY(completion(pieces, Mode::relay_with_usage) == by_completion);
    PROPERTY(messages(pieces, Mode::relay_with_usage) == by_messages);
  }
  for (const Mode mode : {Mode::text, Mode::relay}) {
    completion({bytes}, mode);
    messages({bytes}, mode);
  }
  return 0;
}
