#include "api/balance_stream.h"

#include <utility>

#include "http/event_stream.h"
#include "http/message.h"
#include "json/write.h"

namespace parley::api {

std::optional<http::Response> BalanceStream::head() {
  return http::event_stream_head();
}

std::string BalanceStream::take() {
  std::string out;
  if (const auto figures = std::exchange(news_->figures, std::nullopt)) {
    std::string data;
    json::ObjectWriter(data)
        .integer("available", figures->balance.available().count())
        .integer("held", figures->balance.held.count())
        .integer("spent", figures->spent.count())
        .integer("spent_today", figures->spent_today.count())
        .end();
    http::append_event(out, "balance", data);
  }
  if (news_->credential_ended && !over_) {
    http::append_event(out, "error", R"({"error":"Invalid token."})");
    over_ = true;
  }
  if (std::exchange(silence_, false) && out.empty()) out = http::event_stream_comment;
  return out;
}

}  // namespace parley::api
