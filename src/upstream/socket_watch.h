#pragma once
// One of libcurl's sockets, waited for by Asio. The socket stays libcurl's: Asio only ever borrows its number.

#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <memory>

#include "async/task.h"

namespace parley::upstream {

class Lane;

class SocketWatch : public std::enable_shared_from_this<SocketWatch> {
 public:
  /// Tells `lane` whenever the socket is ready for what is wanted, until release().
  SocketWatch(async::asio::io_context& context, curl_socket_t socket, Lane& lane);
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;
  ~SocketWatch();

  /// `events` are CURL_CSELECT_IN and CURL_CSELECT_OUT; 0 waits for nothing. A wait under way is not cancelled when it
  /// is no longer wanted: a connection that rests between two requests then costs no system call.
  void want(int events);

  /// Gives the descriptor back. Must come before the socket is closed, else Asio would close a number that by then
  /// belongs to somebody else.
  void release() noexcept;

 private:
  void wait(int event);
  void wait_where_due(int event);
  void ready(int event, const boost::system::error_code& failure);

  curl_socket_t socket_;
  async::asio::posix::basic_stream_descriptor<async::Executor> descriptor_;
  Lane* lane_;
  int wanted_ = 0;
  int waiting_ = 0;
};

}  // namespace parley::upstream
