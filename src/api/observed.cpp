#include "api/observed.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace parley::api {
namespace {

using Clock = std::chrono::steady_clock;
using RouteHandler = std::function<async::Task<http::Response>(const http::Request&)>;

/// What Parley's handlers answer with, rising.
constexpr std::array statuses{200, 201, 204, 400, 401, 402, 403, 404, 409, 410, 415, 422, 429, 500, 502, 503, 504};

/// A counter for each status, made beforehand: counting neither locks nor allocates.
class RouteFigures {
 public:
  RouteFigures(base::Metrics& metrics, const std::string& route, const std::string& method)
      : seconds_(&metrics.histogram("parley_http_request_seconds", "What the handlers of requests took.",
                                    base::request_durations(), {{"route", route}, {"method", method}})) {
    for (std::size_t index = 0; index < answers_.size(); ++index) {
      const std::string status = index < statuses.size() ? std::to_string(statuses[index]) : "other";
      answers_[index] = &metrics.counter("parley_http_requests_total", "Requests that a route answered.",
                                         {{"route", route}, {"method", method}, {"status", status}});
    }
  }

  void count(int status, Clock::duration took) const noexcept {
    const auto* const known = std::ranges::lower_bound(statuses, status);
    const bool other = known == statuses.end() || *known != status;
    answers_[other ? statuses.size() : static_cast<std::size_t>(known - statuses.begin())]->add();
    seconds_->observe(took);
  }

 private:
  base::Histogram* seconds_;
  std::array<base::Counter*, statuses.size() + 1> answers_{};
};

/// Streams that are cut off outlive their routes.
using SharedFigures = std::shared_ptr<const RouteFigures>;

/// Counts a streamed response once it is over, by the status that its head had.
class ObservedStream final : public http::ResponseStream {
 public:
  ObservedStream(std::unique_ptr<http::ResponseStream> stream, SharedFigures figures, Clock::time_point begin)
      : stream_(std::move(stream)), figures_(std::move(figures)), begin_(begin) {}
  ~ObservedStream() override { figures_->count(status_, Clock::now() - begin_); }

  void start(std::function<void()> wake) override { stream_->start(std::move(wake)); }
  std::optional<http::Response> head() override {
    auto head = stream_->head();
    if (head) status_ = head->status;
    return head;
  }
  std::string take() override { return stream_->take(); }
  bool ended() const noexcept override { return stream_->ended(); }
  bool broken() const noexcept override { return stream_->broken(); }
  void stalled(bool waits) override { stream_->stalled(waits); }
  void stopping() override { stream_->stopping(); }
  void keep_alive() override { stream_->keep_alive(); }

 private:
  static constexpr int client_left_before_the_head = 0;

  std::unique_ptr<http::ResponseStream> stream_;
  SharedFigures figures_;
  Clock::time_point begin_;
  int status_ = client_left_before_the_head;
};

async::Task<http::Response> answer_observed(const RouteHandler& handler, const SharedFigures& figures,
                                            const http::Request& request) {
  const auto begin = Clock::now();
  try {
    http::Response response = co_await handler(request);
    if (response.stream) {
      response.stream = std::make_unique<ObservedStream>(std::move(response.stream), figures, begin);
    } else {
      figures->count(response.status, Clock::now() - begin);
    }
    co_return response;
  } catch (...) {
    figures->count(500, Clock::now() - begin);
    throw;
  }
}

}  // namespace

std::vector<http::Route> observed(base::Metrics& metrics, std::vector<http::Route> routes) {
  for (http::Route& route : routes) {
    auto figures = std::make_shared<const RouteFigures>(metrics, route.path, std::string(http::text_of(route.method)));
    route.handler = [handler = std::move(route.handler), figures = std::move(figures)](const http::Request& request) {
      return answer_observed(handler, figures, request);
    };
  }
  return routes;
}

}  // namespace parley::api
