#include "api/turn_stream.h"

#include <utility>
#include <variant>

#include "http/event_stream.h"

namespace parley::api {
namespace {

/// What is written at once, so that a slow client's backlog stays where it is measured.
constexpr std::size_t write_bytes = std::size_t{32} << 10;

}  // namespace

TurnStream::TurnStream(chat::TurnEvents events, std::unique_ptr<StreamFormat> format)
    : events_(std::move(events)), format_(std::move(format)) {}

std::optional<http::Response> TurnStream::head() {
  if (!open_) {
    auto first = events_.take();
    if (!first) return std::nullopt;
    if (const auto* failed = std::get_if<chat::Failed>(&*first)) {
      over_ = true;
      return format_->refuse(failed->error);
    }
    open();
    write(std::move(*first));
  }
  return format_->head();
}

void TurnStream::open() {
  open_ = true;
  format_->begin(out_);
}

std::string TurnStream::take() {
  while (out_.size() < write_bytes) {
    auto event = events_.take();
    if (!event) break;
    write(std::move(*event));
  }
  return std::exchange(out_, {});
}

void TurnStream::write(chat::TurnEvent event) {
  if (auto* delta = std::get_if<chat::Delta>(&event)) {
    format_->delta(out_, std::move(delta->text));
  } else if (auto* finished = std::get_if<chat::Finished>(&event)) {
    format_->finish(out_, std::move(finished->reply));
    over_ = true;
  } else if (const auto* failed = std::get_if<chat::Failed>(&event)) {
    format_->fail(out_, failed->error);
    over_ = true;
  }
}

void TurnStream::keep_alive() {
  if (!open_) open();
  out_ += http::event_stream_comment;
}

}  // namespace parley::api
