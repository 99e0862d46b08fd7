#pragma once
// The one socket type of the server: TCP and Unix sockets share all code, on an executor that is not type-erased.

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "async/task.h"

namespace parley::http {

using Socket = async::asio::basic_stream_socket<async::asio::generic::stream_protocol, async::Executor>;
using Acceptor = async::asio::basic_socket_acceptor<async::asio::generic::stream_protocol, async::Executor>;

}  // namespace parley::http
