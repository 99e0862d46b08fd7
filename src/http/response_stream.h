#pragma once
// A response that comes bit by bit, while its connection watches whether the client is still there.

#include <functional>
#include <optional>
#include <string>

namespace parley::http {

struct Response;

/// What a handler puts into Response::stream. Everything happens on the connection's loop. It is destroyed once all of
/// it is sent, or as soon as the client has left: closed or reset its side, or taken no byte for Limits::write_stall.
class ResponseStream {
 public:
  ResponseStream() = default;
  ResponseStream(const ResponseStream&) = delete;
  ResponseStream& operator=(const ResponseStream&) = delete;
  virtual ~ResponseStream() = default;

  /// Called once, before all else. `wake` is to be called, from the loop, whenever one of the others has more to say;
  /// it may be called as often as is convenient, and must not be called after this object's end.
  virtual void start(std::function<void()> wake) = 0;

  /// The response, once its status is known; asked until it says one. Where the stream has ended by then it is an
  /// ordinary response with its own body; else its body is ignored.
  virtual std::optional<Response> head() = 0;

  /// What has come of the body and was not taken yet, or a part of it; empty where nothing has.
  virtual std::string take() = 0;

  /// True once everything was taken and nothing will come any more.
  virtual bool ended() const noexcept = 0;

  /// True where it will never end as it should: the connection is closed without the end of the response.
  virtual bool broken() const noexcept = 0;

  /// Whether the connection waits for the client to take what it was sent.
  virtual void stalled(bool waits) = 0;

  /// The server stops: what has no end of its own ends now, what has one may go on to it.
  virtual void stopping() = 0;

  /// Nothing was sent for Limits::stream_silence: what is said now keeps proxies from cutting the connection.
  virtual void keep_alive() = 0;
};

}  // namespace parley::http
