#include "upstream/transfer.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <new>
#include <utility>

namespace parley::upstream {

namespace asio = async::asio;

namespace {

/// For a server to end a reply of which there is nothing more to know.
constexpr std::chrono::milliseconds end_after_enough_max{1'000};

curl_slist* appended(curl_slist* list, const char* line) {
  curl_slist* longer = curl_slist_append(list, line);
  if (longer == nullptr) throw std::bad_alloc();
  return longer;
}

HeaderList header_list(const std::vector<std::string>& lines) {
  // libcurl would wait a second for "100 Continue" before it sends a large body.
  HeaderList list(appended(nullptr, "Expect:"));
  for (const std::string& line : lines) appended(list.get(), line.c_str());
  return list;
}

Outcome failure(FailureKind kind, std::string detail) {
  return Failure{.kind = kind, .detail = std::move(detail)};
}

}  // namespace

Transfer::Transfer(std::shared_ptr<Lane> lane, Request request, BodySink* sink)
    : lane_(std::move(lane)), request_(std::move(request)), sink_(sink), wake_(lane_->context().get_executor()) {}

Transfer::~Transfer() {
  if (handle_) lane_->stop(*this, handle_.get());
}

async::Task<Outcome> Transfer::run() {
  if (!begin()) co_return failure(FailureKind::unsendable, "libcurl refused the request");
  while (!outcome_) {
    boost::system::error_code interrupted;
    wake_.expires_at(deadline());
    co_await wake_.async_wait(asio::redirect_error(async::use_task, interrupted));
    if (outcome_) break;
    if (std::exchange(hurried_, false)) continue;
    if (interrupted) {
      stop(FailureKind::abandoned, "given up by its caller");
    } else if (Clock::now() >= deadline()) {
      run_out_of_time();
    }
  }
  co_return std::move(*outcome_);
}

bool Transfer::begin() {
  handle_ = lane_->take_handle();
  describe(handle_.get());
  started_ = phase_moved_ = Clock::now();
  if (lane_->start(*this, handle_.get())) return true;
  handle_.reset();
  return false;
}

void Transfer::describe(CURL* handle) {
  headers_ = header_list(request_.headers);
  set_option(handle, CURLOPT_URL, request_.url.c_str());
  set_option(handle, CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.empty() ? nullptr : request_.unix_socket.c_str());
  if (request_.method == "GET") {
    set_option(handle, CURLOPT_HTTPGET, 1L);
    set_option(handle, CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
  } else {
    set_option(handle, CURLOPT_POST, 1L);
    set_option(handle, CURLOPT_CUSTOMREQUEST, request_.method == "POST" ? nullptr : request_.method.c_str());
    set_option(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set_option(handle, CURLOPT_POSTFIELDS, request_.body.data());
  }
  set_option(handle, CURLOPT_HTTPHEADER, headers_.get());
  set_option(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.limits.connect.count()));
  set_option(handle, CURLOPT_ERRORBUFFER, error_text_.data());
  set_option(handle, CURLOPT_PRIVATE, this);
  set_option(handle, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
  set_option(handle, CURLOPT_PREREQDATA, this);
  set_option(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set_option(handle, CURLOPT_HEADERDATA, this);
  set_option(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set_option(handle, CURLOPT_WRITEDATA, this);
}

// libcurl sends a request again by itself when a kept connection turns out to be closed. Whether a request that costs
// money is sent twice is for the caller to say.
int Transfer::on_connected(void* transfer, char*, char*, int, int) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  if (self.phase_ != Phase::connecting) return CURL_PREREQFUNC_ABORT;
  self.enter(Phase::waiting);
  return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* line, std::size_t, std::size_t size, void* transfer) noexcept try {
  return static_cast<Transfer*>(transfer)->take_header({line, size}) ? size : 0;
} catch (...) {
  return 0;
}

std::size_t Transfer::on_body(char* bytes, std::size_t, std::size_t size, void* transfer) noexcept try {
  return static_cast<Transfer*>(transfer)->take_body({bytes, size}) ? size : 0;
} catch (...) {
  return 0;
}

bool Transfer::take_header(std::string_view line) {
  if (phase_ != Phase::receiving) first_byte_ = Clock::now();
  enter(Phase::receiving);
  header_bytes_ += line.size();
  oversize_ = header_bytes_ > request_.limits.reply_header_bytes_max;
  if (line.starts_with("HTTP/")) header_ended_ = false;  // interim replies come first
  if (line == "\r\n" || line == "\n") end_header_block();
  return !oversize_;
}

void Transfer::end_header_block() {
  header_ended_ = true;
  if (sink_ == nullptr || sink_open_) return;  // a trailer section ends like a header block
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status >= 300) return;
  sink_open_ = true;
  sink_->opened();
}

bool Transfer::take_body(std::string_view bytes) {
  enter(Phase::receiving);
  oversize_ = bytes.size() > request_.limits.reply_bytes_max - body_bytes_;
  if (oversize_) return false;
  body_bytes_ += bytes.size();
  if (sink_open_) return give_to_sink(bytes);
  body_.append(bytes);
  return true;
}

bool Transfer::give_to_sink(std::string_view bytes) {
  if (sink_has_all_) return true;
  switch (sink_->take(bytes)) {
    case BodySink::Taken::more: return true;
    case BodySink::Taken::refuse: return false;
    case BodySink::Taken::enough: break;
  }
  // A reply that ends as it should leaves its connection for the next one.
  sink_has_all_ = true;
  request_.limits.between_bytes = std::min(request_.limits.between_bytes, end_after_enough_max);
  enter(Phase::receiving);
  return true;
}

void Transfer::enter(Phase phase) {
  phase_ = phase;
  phase_moved_ = Clock::now();
  if (deadline() < wake_.expiry()) {
    hurried_ = true;
    wake_.cancel();
  }
}

Transfer::Clock::time_point Transfer::deadline() const {
  const Limits& limits = request_.limits;
  const auto of_phase = phase_ == Phase::connecting ? limits.connect
                        : phase_ == Phase::waiting  ? limits.first_byte
                                                    : limits.between_bytes;
  return std::min(started_ + limits.whole, phase_moved_ + of_phase);
}

void Transfer::run_out_of_time() {
  const bool whole = Clock::now() >= started_ + request_.limits.whole;
  switch (phase_) {
    case Phase::connecting: return stop(FailureKind::connect_timeout, "no connection in time");
    case Phase::waiting: return stop(FailureKind::reply_timeout, whole ? "took too long" : "no first byte in time");
    case Phase::receiving:
      return whole ? stop(FailureKind::out_of_time, "took too long")
                   : stop(FailureKind::reply_timeout, "the reply stalled");
  }
}

void Transfer::stop(FailureKind kind, std::string detail) {
  const bool has_all = sink_has_all_;
  const Response response = has_all ? response_head() : Response();
  lane_->stop(*this, handle_.get());
  conclude(has_all ? Outcome(response) : failure(kind, std::move(detail)));
}

void Transfer::abandon() noexcept {
  stop(FailureKind::abandoned, "the client was closed");
  wake_.cancel();
}

void Transfer::finished(CURLcode code) {
  conclude(outcome_of(code));
  wake_.cancel();
}

void Transfer::conclude(Outcome outcome) {
  outcome_ = std::move(outcome);
  lane_->give_back(std::move(handle_));
}

Outcome Transfer::outcome_of(CURLcode code) {
  if (code != CURLE_OK && !sink_has_all_) {
    const char* text = error_text_.front() != '\0' ? error_text_.data() : curl_easy_strerror(code);
    return failure(kind_of(code), "curl " + std::to_string(code) + ": " + text);
  }
  // libcurl takes the end of the connection for the end of the header block.
  if (!header_ended_) return failure(FailureKind::broken_reply, "cut off in the header block");
  Response response = response_head();
  response.body = std::move(body_);
  return response;
}

Response Transfer::response_head() const {
  long status = 0;
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &retry_after_s);
  Response response{.status = static_cast<int>(status),
                    .retry_after = std::nullopt,
                    .body = {},
                    .first_byte = first_byte_ - started_};
  if (retry_after_s > 0) {
    response.retry_after = std::min(std::chrono::seconds(retry_after_s), retry_after_max);
  }
  return response;
}

FailureKind Transfer::kind_of(CURLcode code) const {
  if (oversize_) return FailureKind::oversize_reply;
  switch (phase_) {
    case Phase::connecting:
      return code == CURLE_OPERATION_TIMEDOUT ? FailureKind::connect_timeout : FailureKind::unreachable;
    case Phase::waiting: {
      const bool silent = code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
                          code == CURLE_ABORTED_BY_CALLBACK;
      return silent ? FailureKind::unanswered : FailureKind::broken_reply;
    }
    case Phase::receiving: return FailureKind::broken_reply;
  }
  return FailureKind::broken_reply;
}

}  // namespace parley::upstream
