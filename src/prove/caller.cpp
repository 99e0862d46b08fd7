#include "prove/caller.h"

#include <boost/json/value.hpp>
#include <utility>

#include "crypto/random.h"
#include "engines/event_stream_parser.h"
#include "json/parse.h"
#include "json/write.h"

namespace parley::prove {
namespace {

using upstream::FailureKind;

constexpr std::chrono::seconds patience{30};
constexpr std::size_t event_bytes_max = 64 * 1024;

std::optional<std::string> text_member(std::string_view text, std::string_view name) {
  const auto parsed = json::parse(text);
  if (parsed.has_error() || !parsed->root.is_object()) return std::nullopt;
  const auto* member = parsed->root.as_object().if_contains(name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return std::string(member->get_string());
}

std::optional<std::int64_t> number_member(std::string_view text, std::string_view name) {
  const auto parsed = json::parse(text);
  if (parsed.has_error() || !parsed->root.is_object()) return std::nullopt;
  const auto* member = parsed->root.as_object().if_contains(name);
  if (member == nullptr || !member->is_int64()) return std::nullopt;
  return member->get_int64();
}

/// Hears a stream to its end, or leaves in the middle.
class Ear final : public upstream::BodySink {
 public:
  explicit Ear(std::optional<int> leave_at_event) : leave_at_event_(leave_at_event) {}

  void opened() override {}

  Taken take(std::string_view bytes) override {
    while (auto event = parser_.next(bytes)) {
      hear(*event);
      if (++events_ == leave_at_event_ && heard_.outcome == Outcome::cut_off) {
        heard_.outcome = Outcome::left;
        return Taken::refuse;  // which closes the connection
      }
    }
    return Taken::more;
  }

  /// `cut_off` where neither its last event came nor the client left.
  Heard& heard() noexcept { return heard_; }

 private:
  void hear(const engines::StreamEvent& event) {
    if (event.type == "error") heard_.outcome = Outcome::engine_failed;
    if (event.type != "done") return;
    const auto response = text_member(event.data, "response");
    const auto turn = number_member(event.data, "turn");
    if (response && turn) heard_ = {.outcome = Outcome::answered, .response = *response, .turn = *turn};
  }

  std::optional<int> leave_at_event_;
  engines::EventStreamParser parser_{event_bytes_max};
  int events_ = 0;
  Heard heard_;
};

Outcome outcome_of(int status) {
  switch (status) {
    case 402: return Outcome::no_tokens;
    case 409: return Outcome::in_flight;
    case 502:
    case 503:
    case 504: return Outcome::engine_failed;
    default: return Outcome::refused;
  }
}

/// Of an exchange that failed because the client's own time was over.
bool ran_out(FailureKind kind) {
  return kind == FailureKind::connect_timeout || kind == FailureKind::reply_timeout || kind == FailureKind::out_of_time;
}

Heard heard_plain(const upstream::Response& response, const std::string& message) {
  auto text = text_member(response.body, "response");
  if (!text || text_member(response.body, "message") != message) return {.outcome = Outcome::refused};
  return {.outcome = Outcome::answered, .response = std::move(*text)};
}

}  // namespace

async::Task<Heard> Caller::chat(Chat chat) {
  std::string body;
  json::ObjectWriter(body).string("message", chat.message).boolean("stream", chat.streamed).end();
  upstream::Request asked = request("/api/chat/", std::move(body));
  asked.headers.push_back("Authorization: Token " + chat.token);
  if (!chat.idempotency_key.empty()) asked.headers.push_back("Idempotency-Key: " + chat.idempotency_key);
  if (chat.leave_after) asked.limits.whole = *chat.leave_after;

  Ear ear(chat.leave_at_event);
  upstream::BodySink* const sink = chat.streamed ? &ear : nullptr;
  const upstream::Outcome outcome = co_await client_.send(std::move(asked), sink);
  if (ear.heard().outcome != Outcome::cut_off) co_return std::move(ear.heard());
  Heard heard;
  if (outcome.has_error()) {
    if (chat.leave_after && ran_out(outcome.error().kind)) heard.outcome = Outcome::left;
  } else if (outcome->status != 200) {
    heard.outcome = outcome_of(outcome->status);
  } else if (!chat.streamed) {
    heard = heard_plain(*outcome, chat.message);
  }
  co_return heard;
}

async::Task<std::optional<std::int64_t>> Caller::balance(std::string token) {
  upstream::Request asked = request("/api/balance/", "{}");
  asked.headers.push_back("Authorization: Token " + token);
  const upstream::Outcome outcome = co_await client_.send(std::move(asked));
  if (outcome.has_error() || outcome->status != 200) co_return std::nullopt;
  co_return number_member(outcome->body, "token_balance");
}

async::Task<base::Result<std::string>> Caller::join(std::string username) {
  std::string body;
  json::ObjectWriter(body).string("username", username).string("password", crypto::random_text()).end();
  upstream::Request register_request = request("/api/register/", body);
  const upstream::Outcome registered = co_await client_.send(std::move(register_request));
  if (registered.has_error() || registered->status != 201) co_return base::internal_error("not registered");
  upstream::Request login_request = request("/api/login/", std::move(body));
  const upstream::Outcome logged_in = co_await client_.send(std::move(login_request));
  auto token = logged_in.has_value() ? text_member(logged_in->body, "token") : std::nullopt;
  if (!token) co_return base::internal_error("not logged in");
  co_return std::move(*token);
}

async::Task<bool> Caller::credit(std::string username, std::int64_t tokens) {
  std::string body;
  json::ObjectWriter(body).string("username", username).string("tokens", std::to_string(tokens)).end();
  upstream::Request asked = request("/users/credit", std::move(body));
  asked.unix_socket = operator_socket_;
  const upstream::Outcome outcome = co_await client_.send(std::move(asked));
  co_return outcome.has_value() && outcome->status == 200;
}

upstream::Request Caller::request(std::string_view path, std::string body) const {
  upstream::Request request;
  request.url = url_ + std::string(path);
  request.headers = {"Content-Type: application/json"};
  request.body = std::move(body);
  request.limits.whole = patience;
  return request;
}

}  // namespace parley::prove
