#include "upstream/client.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "upstream/easy_handle.h"
#include "upstream/lane.h"
#include "upstream/transfer.h"

namespace parley::upstream {
namespace {

/// One of the transfers that may be under way at once; given back however the coroutine ends.
class Place {
 public:
  Place(std::shared_ptr<std::atomic<std::size_t>> taken, std::size_t places_max)
      : taken_(std::move(taken)), granted_(taken_->fetch_add(1) < places_max) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { --*taken_; }
  bool granted() const noexcept { return granted_; }

 private:
  std::shared_ptr<std::atomic<std::size_t>> taken_;
  bool granted_;
};

}  // namespace

Client::Client(const std::vector<async::asio::io_context*>& contexts, ClientLimits limits)
    : limits_(limits),
      library_(std::make_unique<CurlLibrary>()),
      transfers_(std::make_shared<std::atomic<std::size_t>>(0)) {
  for (async::asio::io_context* context : contexts) {
    lanes_.push_back(std::make_shared<Lane>(*context, limits_.connections_per_loop_max));
  }
}

Client::~Client() {
  close();
}

async::Task<Outcome> Client::send(Request request, BodySink* sink) {
  const async::Executor executor = co_await async::asio::this_coro::executor;
  std::shared_ptr<Lane> lane = lane_of(executor.context());
  if (!lane) co_return Failure{.kind = FailureKind::abandoned, .detail = "the client is closed, or not of this loop"};
  if (!sendable(request)) co_return Failure{.kind = FailureKind::unsendable, .detail = "control character"};
  const Place place(transfers_, limits_.transfers_max);
  if (!place.granted()) co_return Failure{.kind = FailureKind::overloaded, .detail = "too many transfers"};
  Transfer transfer(std::move(lane), std::move(request), sink);
  co_return co_await transfer.run();
}

void Client::close() noexcept {
  for (const std::shared_ptr<Lane>& lane : lanes_) lane->close();
  lanes_.clear();
}

std::shared_ptr<Lane> Client::lane_of(const async::asio::io_context& context) const {
  for (const std::shared_ptr<Lane>& lane : lanes_) {
    if (&lane->context() == &context) return lane;
  }
  return nullptr;
}

}  // namespace parley::upstream
