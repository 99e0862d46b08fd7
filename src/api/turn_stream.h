#pragma once
// A turn's events as a streamed response: what every API's stream has in common.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "chat/turn.h"
#include "http/response_stream.h"

namespace parley::api {

/// How one API puts a turn's events into words.
class StreamFormat {
 public:
  StreamFormat() = default;
  StreamFormat(const StreamFormat&) = delete;
  StreamFormat& operator=(const StreamFormat&) = delete;
  virtual ~StreamFormat() = default;

  virtual http::Response head() = 0;
  /// Before all else.
  virtual void begin(std::string& out) = 0;
  /// `delta` as chat::Delta has it.
  virtual void delta(std::string& out, std::string delta) = 0;
  virtual void finish(std::string& out, chat::TurnReply reply) = 0;
  virtual void fail(std::string& out, const base::Error& error) = 0;
  /// The response to a turn that failed before its stream began.
  virtual http::Response refuse(const base::Error& error) = 0;
};

/// Answers with an ordinary response where the turn fails before the engine has begun to answer, so that its status
/// tells; from then on with 200 and events.
class TurnStream final : public http::ResponseStream {
 public:
  TurnStream(chat::TurnEvents events, std::unique_ptr<StreamFormat> format);

  void start(std::function<void()> wake) override { events_.on_news(std::move(wake)); }
  std::optional<http::Response> head() override;
  std::string take() override;
  bool ended() const noexcept override { return out_.empty() && over_; }
  bool broken() const noexcept override { return !over_ && events_.ended(); }
  void stalled(bool waits) override { events_.stalled(waits); }
  void stopping() override {}
  void keep_alive() override;

 private:
  void open();
  void write(chat::TurnEvent event);

  chat::TurnEvents events_;
  std::unique_ptr<StreamFormat> format_;
  std::string out_;
  bool open_ = false;
  bool over_ = false;
};

}  // namespace parley::api
