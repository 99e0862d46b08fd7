#include "engines/messages_stream.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "engines/completion_json.h"
#include "json/parse.h"

namespace parley::engines {
namespace {

using Value = boost::json::value;

/// The status that would have come with such an error (https://docs.anthropic.com/en/api/errors).
struct KnownError {
  std::string_view type;
  int status;
};
constexpr KnownError known_errors[] = {
    {"invalid_request_error", 400}, {"authentication_error", 401}, {"permission_error", 403}, {"not_found_error", 404},
    {"request_too_large", 413},     {"rate_limit_error", 429},     {"api_error", 500},        {"timeout_error", 504},
    {"overloaded_error", 529},
};

/// What nobody knows counts as the server's failure.
KnownError known_error(std::string_view type) noexcept {
  for (const KnownError& known : known_errors) {
    if (known.type == type) return known;
  }
  return {"an error", 500};
}

std::optional<std::int64_t> index_of(const Value& event) noexcept {
  return credible_count(member(&event, "index"));
}

}  // namespace

MessagesStream::MessagesStream(ReplyListener& listener, Mode mode, std::int64_t created, std::size_t event_bytes_max)
    : listener_(listener), mode_(mode), parser_(event_bytes_max) {
  head_.created = created;
}

upstream::BodySink::Taken MessagesStream::take(std::string_view bytes) {
  while (const auto event = parser_.next(bytes)) {
    if (!take_event(event->data)) return Taken::refuse;
    if (complete_) return Taken::enough;
  }
  if (!parser_.refused()) return Taken::more;
  fail("an event is too long");
  return Taken::refuse;
}

bool MessagesStream::take_event(std::string_view data) {
  const auto document = json::parse(data);
  if (!document) return fail("an event is no JSON");
  const Value& event = document->root;
  const auto type = text_member(&event, "type");
  if (!type) return fail("an event has no type");
  if (*type == "error") return complain(event);
  if (*type == "message_start") return start(event);
  if (*type == "content_block_start") return start_block(event);
  if (*type == "content_block_delta") return take_delta(event);
  if (*type == "content_block_stop") return is_of_open_block(event) ? stop_block() : fail("a block ends that is none");
  if (*type == "message_delta") return take_message_delta(event);
  if (*type == "message_stop") return stop();
  return true;
}

bool MessagesStream::start(const Value& event) {
  if (std::exchange(started_, true)) return fail("the message starts twice");
  const auto* message = member(&event, "message");
  head_.id = completion_id(text_member(message, "id").value_or(""));
  head_.model = text_member(message, "model").value_or("");
  usage_.take_input(member(message, "usage"));
  return true;
}

bool MessagesStream::start_block(const Value& event) {
  const auto index = index_of(event);
  const auto* block = member(&event, "content_block");
  const auto type = text_member(block, "type");
  if (!started_ || finish_reason_ || block_ != Block::none || !index || !type) return fail("a block starts badly");
  block_index_ = *index;
  if (*type == "tool_use") return start_call(block);
  if (*type == "text") {
    block_ = Block::text;
    say_text(text_member(block, "text").value_or(""));
  } else {
    block_ = Block::other;
    open();
  }
  return true;
}

bool MessagesStream::start_call(const Value* block) {
  const auto id = text_member(block, "id");
  const auto name = text_member(block, "name");
  if (!id || !name) return fail("a call has no id or name");
  block_ = Block::call;
  const auto* input = member(block, "input");
  unsaid_arguments_ = input != nullptr && input->is_object() ? boost::json::serialize(*input) : "{}";
  open();
  ++calls_;
  const ToolCall call{.id = std::string(*id), .name = std::string(*name), .arguments = {}};
  say(call.name, relays() ? call_chunk(head_, calls_ - 1, call) : std::string());
  return true;
}

bool MessagesStream::is_of_open_block(const Value& event) const noexcept {
  return block_ != Block::none && index_of(event) == block_index_;
}

bool MessagesStream::take_delta(const Value& event) {
  if (!is_of_open_block(event)) return fail("a delta is of no block");
  const auto* delta = member(&event, "delta");
  const auto type = text_member(delta, "type");
  if (!type) return fail("a delta has no type");
  if (block_ == Block::text && *type == "text_delta") {
    const auto text = text_member(delta, "text");
    if (!text) return fail("a delta has no text");
    say_text(*text);
  } else if (block_ == Block::call && *type == "input_json_delta") {
    const auto arguments = text_member(delta, "partial_json");
    if (!arguments) return fail("a delta has no arguments");
    say_arguments(*arguments);
  }
  return true;
}

// A call without arguments has an empty object for them: clients parse what they get.
bool MessagesStream::stop_block() {
  if (block_ == Block::call) say_arguments(std::string(unsaid_arguments_));
  block_ = Block::none;
  return true;
}

bool MessagesStream::take_message_delta(const Value& event) {
  if (!started_ || block_ != Block::none) return fail("the message changes too early");
  usage_.take(member(&event, "usage"));
  const auto reason = text_member(member(&event, "delta"), "stop_reason");
  if (reason) finish_reason_ = finish_reason_for(*reason);
  return true;
}

bool MessagesStream::stop() {
  if (!finish_reason_) return fail("the message stops without a reason");
  open();
  complete_ = true;
  return true;
}

bool MessagesStream::complain(const Value& event) {
  const KnownError error = known_error(text_member(member(&event, "error"), "type").value_or(""));
  fail("the stream reports " + std::string(error.type));
  upstream::Response response;
  response.status = error.status;
  complaint_ = judge(response);
  if (said_something_) complaint_->error = engine_failed({});
  complaint_->error.detail = fault_;
  return false;
}

bool MessagesStream::fail(std::string_view fault) {
  fault_ = fault;
  return false;
}

void MessagesStream::open() {
  if (std::exchange(opened_, true)) return;
  listener_.open();
  if (!relays()) return;
  const std::string chunk = role_chunk(head_);
  listener_.hear({.text = {}, .chunk = chunk, .says_something = false});
}

void MessagesStream::say_text(std::string_view text) {
  if (text.empty()) return;
  open();
  say(text, relays() ? text_chunk(head_, text) : std::string());
}

void MessagesStream::say_arguments(std::string_view arguments) {
  if (arguments.empty()) return;
  unsaid_arguments_.clear();
  say(arguments, relays() ? arguments_chunk(head_, calls_ - 1, arguments) : std::string());
}

void MessagesStream::say(std::string_view text, std::string_view chunk) {
  said_something_ = true;
  listener_.hear({.text = text, .chunk = chunk});
}

Reply MessagesStream::take_reply() {
  Reply reply;
  reply.usage = usage_.credible(said_something_);
  if (!finish_reason_) return reply;
  reply.finish_reason = *finish_reason_;
  if (!relays()) return reply;
  reply.closing.push_back(finish_chunk(head_, reply.finish_reason));
  if (mode_ == Mode::relay_with_usage && reply.usage) reply.closing.push_back(usage_chunk(head_, *reply.usage));
  return reply;
}

}  // namespace parley::engines
