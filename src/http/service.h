#pragma once
// What all loops and connections of one server share. It outlives the server where connections do.

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "http/body_budget.h"
#include "http/handler.h"
#include "http/limits.h"

namespace parley::http {

struct Service {
  Service(Limits its_limits, Handler its_handler, ErrorResponse its_error_response)
      : limits(its_limits),
        handler(std::move(its_handler)),
        error_response(std::move(its_error_response)),
        bodies(its_limits.buffered_body_bytes_max) {}

  const Limits limits;
  const Handler handler;
  const ErrorResponse error_response;
  BodyBudget bodies;
  std::atomic<std::size_t> connections{0};
};

/// A connection's place among those that are counted, from its being accepted until its socket is closed.
class ConnectionSlot {
 public:
  explicit ConnectionSlot(std::shared_ptr<Service> service) noexcept
      : service_(std::move(service)), number_(++service_->connections) {}
  ConnectionSlot(ConnectionSlot&&) noexcept = default;
  ConnectionSlot& operator=(ConnectionSlot&&) = delete;
  ~ConnectionSlot() {
    if (service_) --service_->connections;
  }

  /// How many there were when it was taken, itself included.
  std::size_t number() const noexcept { return number_; }

 private:
  std::shared_ptr<Service> service_;
  std::size_t number_;
};

}  // namespace parley::http
