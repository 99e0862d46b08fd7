#pragma once
// A chat streamed by /api/chat/: events `delta`, then `done` or `error`.

#include "api/turn_stream.h"
#include "store/store.h"

namespace parley::api {

class ChatStreamFormat final : public StreamFormat {
 public:
  /// `request_id` is for the log.
  explicit ChatStreamFormat(std::string request_id) : request_id_(std::move(request_id)) {}

  http::Response head() override;
  void begin(std::string&) override {}
  void delta(std::string& out, std::string delta) override;
  void finish(std::string& out, chat::TurnReply reply) override;
  void fail(std::string& out, const base::Error& error) override;
  http::Response refuse(const base::Error& error) override;

 private:
  std::string request_id_;
};

/// The whole stream of a turn that was settled before.
http::Response replayed_chat_stream(const store::Replay& replay);

}  // namespace parley::api
