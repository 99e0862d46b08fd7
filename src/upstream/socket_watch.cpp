#include "upstream/socket_watch.h"

#include "upstream/lane.h"

namespace parley::upstream {

namespace asio = async::asio;

SocketWatch::SocketWatch(asio::io_context& context, curl_socket_t socket, Lane& lane)
    : socket_(socket), descriptor_(context.get_executor(), socket), lane_(&lane) {}

SocketWatch::~SocketWatch() {
  release();
}

void SocketWatch::want(int events) {
  wanted_ = events;
  wait_where_due(CURL_CSELECT_IN);
  wait_where_due(CURL_CSELECT_OUT);
}

void SocketWatch::release() noexcept {
  if (lane_ == nullptr) return;
  lane_ = nullptr;
  wanted_ = 0;
  descriptor_.release();
}

void SocketWatch::wait_where_due(int event) {
  if (lane_ != nullptr && (wanted_ & event) != 0 && (waiting_ & event) == 0) wait(event);
}

void SocketWatch::wait(int event) {
  waiting_ |= event;
  const auto kind =
      event == CURL_CSELECT_IN ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  descriptor_.async_wait(kind, [self = shared_from_this(), event](const boost::system::error_code& failure) {
    self->ready(event, failure);
  });
}

void SocketWatch::ready(int event, const boost::system::error_code& failure) {
  waiting_ &= ~event;
  if (lane_ == nullptr) return;
  if ((wanted_ & event) != 0) lane_->act(socket_, failure ? event | CURL_CSELECT_ERR : event);
  wait_where_due(event);
}

}  // namespace parley::upstream
