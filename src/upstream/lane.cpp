#include "upstream/lane.h"

#include <sys/socket.h>
#include <unistd.h>

#include <new>

#include "upstream/transfer.h"

namespace parley::upstream {

namespace asio = async::asio;

namespace {

constexpr std::size_t idle_handles_max = 64;

}  // namespace

Lane::Lane(asio::io_context& context, std::size_t connections_max)
    : context_(context), multi_(curl_multi_init()), timer_(std::make_unique<SteadyTimer>(context.get_executor())) {
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Lane::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Lane::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_max));
}

Lane::~Lane() {
  close();
}

EasyHandle Lane::take_handle() {
  if (!idle_handles_.empty()) {
    EasyHandle handle = std::move(idle_handles_.back());
    idle_handles_.pop_back();
    return handle;
  }
  EasyHandle handle = make_easy_handle();
  set_option(handle.get(), CURLOPT_OPENSOCKETFUNCTION, &Lane::open_socket);
  set_option(handle.get(), CURLOPT_OPENSOCKETDATA, this);
  set_option(handle.get(), CURLOPT_CLOSESOCKETFUNCTION, &Lane::close_socket);
  set_option(handle.get(), CURLOPT_CLOSESOCKETDATA, this);
  return handle;
}

void Lane::give_back(EasyHandle handle) {
  if (!closed() && idle_handles_.size() < idle_handles_max) idle_handles_.push_back(std::move(handle));
}

bool Lane::start(Transfer& transfer, CURL* handle) {
  transfers_.insert(&transfer);
  if (curl_multi_add_handle(multi_, handle) == CURLM_OK) return true;
  transfers_.erase(&transfer);
  return false;
}

void Lane::stop(Transfer& transfer, CURL* handle) noexcept {
  curl_multi_remove_handle(multi_, handle);
  transfers_.erase(&transfer);
}

void Lane::close() noexcept {
  if (closed()) return;
  while (!transfers_.empty()) (*transfers_.begin())->abandon();
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, static_cast<curl_multi_timer_callback>(nullptr));
  curl_multi_cleanup(multi_);
  multi_ = nullptr;
  idle_handles_.clear();
  for (auto& [socket, watched] : sockets_) watched.watch->release();
  sockets_.clear();
  timer_.reset();
}

void Lane::act(curl_socket_t socket, int events) {
  if (closed()) return;
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  reap();
}

void Lane::reap() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const handle = message->easy_handle;
    const CURLcode code = message->data.result;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &transfer);
    stop(*transfer, handle);
    transfer->finished(code);
  }
}

int Lane::on_socket(CURL*, curl_socket_t socket, int what, void* lane, void*) noexcept try {
  auto& self = *static_cast<Lane*>(lane);
  switch (what) {
    case CURL_POLL_IN: self.watch(socket, CURL_CSELECT_IN); break;
    case CURL_POLL_OUT: self.watch(socket, CURL_CSELECT_OUT); break;
    case CURL_POLL_INOUT: self.watch(socket, CURL_CSELECT_IN | CURL_CSELECT_OUT); break;
    default: self.forget(socket); break;
  }
  return 0;
} catch (...) {
  return -1;
}

void Lane::watch(curl_socket_t socket, int events) {
  Watched& watched = sockets_[socket];
  if (!watched.watch) watched.watch = std::make_shared<SocketWatch>(context_, socket, *this);
  watched.watch->want(events);
}

void Lane::forget(curl_socket_t socket) noexcept {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return;
  if (found->second.opened_here) {
    found->second.watch->want(0);
    return;
  }
  found->second.watch->release();
  sockets_.erase(found);
}

curl_socket_t Lane::open_socket(void* lane, curlsocktype, curl_sockaddr* address) noexcept {
  auto& self = *static_cast<Lane*>(lane);
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  try {
    Watched& watched = self.sockets_[socket];
    if (watched.watch) watched.watch->release();
    watched = {std::make_shared<SocketWatch>(self.context_, socket, self), true};
  } catch (...) {
    ::close(socket);
    return CURL_SOCKET_BAD;
  }
  return socket;
}

int Lane::close_socket(void* lane, curl_socket_t socket) noexcept {
  auto& self = *static_cast<Lane*>(lane);
  if (const auto found = self.sockets_.find(socket); found != self.sockets_.end()) {
    found->second.watch->release();
    self.sockets_.erase(found);
  }
  return ::close(socket);
}

int Lane::on_timer(CURLM*, long timeout_ms, void* lane) noexcept try {
  static_cast<Lane*>(lane)->set_timer(timeout_ms);
  return 0;
} catch (...) {
  return -1;
}

void Lane::set_timer(long timeout_ms) {
  if (timeout_ms < 0) {
    timer_->cancel();
    return;
  }
  timer_->expires_after(std::chrono::milliseconds(timeout_ms));
  timer_->async_wait([self = shared_from_this()](const boost::system::error_code& failure) {
    if (!failure) self->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

}  // namespace parley::upstream
