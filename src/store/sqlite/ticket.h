#pragma once
// A hold's ticket is its own release, made when the hold is taken: to release needs no memory then and cannot fail.

#include <memory>

#include "store/sqlite/writer.h"
#include "store/store.h"

namespace parley::store::sqlite {

class Ticket final : public HoldTicket, public Operation {
 public:
  explicit Ticket(Writer& writer) noexcept : Operation(nullptr), writer_(writer) {}

  base::HoldId id() const noexcept override { return hold_.id; }
  /// The writer's while an operation on the hold is under way.
  OpenHold& open_hold() noexcept { return hold_; }

  /// Hold::Release: sends an open hold's ticket to the writer, and drops any other.
  static void release(std::unique_ptr<HoldTicket> returned) noexcept {
    std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(returned.release()));
    if (!ticket->hold_.open()) return;
    Writer& writer = ticket->writer_;
    writer.push(*ticket.release());
  }

  void run(Session& session) override {
    if (hold_.open()) session.books().end_hold(hold_, HoldEnd::released);
  }
  void refuse(const base::Error&) override {}
  bool needs_file() const noexcept override { return false; }
  bool queued() const noexcept override { return false; }
  void complete() noexcept override { delete this; }

 private:
  Writer& writer_;
  OpenHold hold_;
};

}  // namespace parley::store::sqlite
