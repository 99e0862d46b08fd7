#include "engines/completion_stream.h"

#include <boost/json/value.hpp>

#include "engines/completion_json.h"
#include "engines/verdict.h"
#include "json/parse.h"

namespace parley::engines {
namespace {

namespace boost_json = boost::json;

std::string delta_text(const boost_json::value* delta) {
  std::string text;
  for (const std::string_view name : {"content", "refusal"}) {
    const auto* part = member(delta, name);
    if (part != nullptr) text += content_text(*part).value_or("");
  }
  return text + tool_calls_text(member(delta, "tool_calls"));
}

}  // namespace

base::Result<Chunk> parse_chunk(std::string_view data) {
  const auto document = json::parse(data);
  if (!document) return engine_failed("a chunk is no JSON");
  const auto* error = member(&document->root, "error");
  if (error != nullptr && !error->is_null()) return engine_failed("the stream reports an error");
  const auto* choices = member(&document->root, "choices");
  if (choices == nullptr || !choices->is_array()) return engine_failed("a chunk has no choices");
  const auto* choice = first_choice(document->root);
  const auto* delta = member(choice, "delta");
  const auto* usage = member(&document->root, "usage");
  Chunk chunk;
  chunk.text = delta_text(delta);
  chunk.says_something = says_something(delta);
  chunk.finish_reason = finish_reason_of(choice);
  chunk.usage = credible_usage(usage, false);
  chunk.only_usage = choice == nullptr && usage != nullptr && !usage->is_null();
  return chunk;
}

upstream::BodySink::Taken CompletionStream::take(std::string_view bytes) {
  while (auto event = parser_.next(bytes)) {
    if (event->data == "[DONE]") {
      complete_ = true;
      return Taken::enough;
    }
    if (!take_event(std::move(event->data))) return Taken::refuse;
  }
  if (!parser_.refused()) return Taken::more;
  fault_ = "an event is too long";
  return Taken::refuse;
}

Reply CompletionStream::take_reply() {
  // No output where there was text is absurd, which only the end can tell.
  if (said_something_ && reply_.usage && reply_.usage->output_model_tokens == 0) reply_.usage.reset();
  return std::move(reply_);
}

bool CompletionStream::take_event(std::string data) {
  auto chunk = parse_chunk(data);
  if (chunk.has_error()) {
    fault_ = std::move(chunk).error().detail;
    return false;
  }
  if (chunk->usage) reply_.usage = chunk->usage;
  if (chunk->finish_reason) {
    reply_.finish_reason = *chunk->finish_reason;
    closing_ = true;
  }
  said_something_ = said_something_ || chunk->says_something;
  Heard heard{.text = chunk->text, .chunk = {}, .says_something = chunk->says_something};
  if (mode_ == Mode::text) {
    if (!heard.text.empty()) listener_.hear(heard);
    return true;
  }
  if (chunk->only_usage && mode_ == Mode::relay) return true;
  if (closing_) {
    if (!heard.text.empty()) listener_.hear(heard);
    reply_.closing.push_back(std::move(data));
  } else {
    heard.chunk = data;
    listener_.hear(heard);
  }
  return true;
}

}  // namespace parley::engines
