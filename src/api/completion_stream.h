#pragma once
// A chat completion streamed by /v1/chat/completions: chunks, then [DONE], or an event with an error.

#include "api/completion_answer.h"
#include "api/turn_stream.h"

namespace parley::api {

/// Writes the chunks itself.
class WrittenCompletionStream final : public StreamFormat {
 public:
  WrittenCompletionStream(std::string request_id, CompletionHead head, bool wants_usage)
      : request_id_(std::move(request_id)), head_(std::move(head)), wants_usage_(wants_usage) {}

  http::Response head() override;
  void begin(std::string& out) override;
  void delta(std::string& out, std::string delta) override;
  void finish(std::string& out, chat::TurnReply reply) override;
  void fail(std::string& out, const base::Error& error) override;
  http::Response refuse(const base::Error& error) override;

 private:
  std::string request_id_;
  CompletionHead head_;
  bool wants_usage_;
};

/// Passes the engine's chunks on as they came.
class RelayedCompletionStream final : public StreamFormat {
 public:
  explicit RelayedCompletionStream(std::string request_id) : request_id_(std::move(request_id)) {}

  http::Response head() override;
  void begin(std::string&) override {}
  void delta(std::string& out, std::string delta) override;
  void finish(std::string& out, chat::TurnReply reply) override;
  void fail(std::string& out, const base::Error& error) override;
  http::Response refuse(const base::Error& error) override;

 private:
  std::string request_id_;
  std::string first_chunk_;  ///< for the head of a last one, where our own limits cut the reply
};

/// All events of a complete answer, for a replay: the text as one chunk where Parley writes them.
std::string written_completion_events(const CompletionHead& head, bool wants_usage, const chat::Answer& answer);
std::string relayed_completion_events(const chat::Answer& answer);

}  // namespace parley::api
