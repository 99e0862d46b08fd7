#pragma once
// The server behind an engine: asked again where that is harmless, left alone while it rests, its failures put into the
// words that callers may see. What the engines for different APIs have in common.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "async/task.h"
#include "base/clock.h"
#include "base/error.h"
#include "engines/engine.h"
#include "engines/engine_figures.h"
#include "engines/reply_stream.h"
#include "engines/rest.h"
#include "engines/verdict.h"
#include "upstream/client.h"

namespace parley::engines {

struct RetryLimits {
  int tries_max = 3;
  /// Waits are drawn from 0 … backoff_first × 2^(try − 1) ("full jitter",
  /// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
  std::chrono::milliseconds backoff_first{250};
  /// A server that asks for more patience is not waited for; the caller is told to come back.
  std::chrono::milliseconds wait_max{20'000};
};

class ModelServer {
 public:
  /// Reads the body of a 2xx reply; its error counts as the server's failure.
  using ReadReply = std::function<base::Result<Reply>(std::string_view body)>;

  /// `engine` is the name in the log. Client, clock and the metrics (null: none) must outlive it.
  ModelServer(std::string engine, upstream::Client& client, const base::Clock& clock, base::Metrics* metrics,
              RetryLimits retries, RestLimits rest);
  /// With figures that are registered already (or none): those of a server that comes back at another address.
  ModelServer(std::string engine, upstream::Client& client, const base::Clock& clock,
              std::optional<EngineFigures> figures, RetryLimits retries, RestLimits rest);

  /// The request's `whole` limit is for all tries together, as it is in listen(). `engine_failed`, `engine_busy`,
  /// `engine_timeout`, `overloaded`. Of the call only deadline and last_resort are looked at; it outlives the answer.
  async::Task<base::Result<Reply>> ask(upstream::Request request, const Call& call, ReadReply read);

  /// The same for a reply that `stream` reads. Nothing is tried again once that has opened.
  async::Task<base::Result<Reply>> listen(upstream::Request request, const Call& call, ReplyStream& stream);

 private:
  async::Task<upstream::Outcome> send_patiently(upstream::Request request, bool last_resort, upstream::BodySink* sink);
  /// How long to wait before the next try, or nothing where there is none.
  std::optional<std::chrono::milliseconds> wait_before_next(const Verdict& verdict, int tries,
                                                            std::chrono::milliseconds left) const;
  base::Result<Reply> conclude(const upstream::Outcome& outcome, const ReadReply& read, Rest::Pass& pass);
  base::Result<Reply> conclude(const upstream::Outcome& outcome, ReplyStream& stream, Rest::Pass& pass);
  void note(const Verdict& verdict, Rest::Pass& pass);
  /// Leaves the server alone for as long as it asked, where there is another to ask.
  void grant_patience(const upstream::Outcome& outcome, const Call& call, Rest::Pass& pass);

  std::string engine_;
  std::optional<EngineFigures> figures_;
  upstream::Client& client_;
  RetryLimits retries_;
  Rest rest_;
};

}  // namespace parley::engines
