#pragma once
// An account's figures as a streamed response: the newest, whenever they change.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/response_stream.h"
#include "store/store.h"

namespace parley::api {

/// What was heard of the account and not written yet; only the newest counts.
struct BalanceNews {
  void hear(std::optional<store::Figures> heard) {
    if (heard) {
      figures = std::move(heard);
    } else {
      credential_ended = true;
    }
    if (wake) wake();
  }

  std::optional<store::Figures> figures;
  bool credential_ended = false;
  std::function<void()> wake;
};

class BalanceStream final : public http::ResponseStream {
 public:
  BalanceStream(std::shared_ptr<BalanceNews> news, std::unique_ptr<store::Watch> watch)
      : news_(std::move(news)), watch_(std::move(watch)) {}
  ~BalanceStream() override { news_->wake = nullptr; }

  void start(std::function<void()> wake) override { news_->wake = std::move(wake); }
  std::optional<http::Response> head() override;
  std::string take() override;
  bool ended() const noexcept override { return over_; }
  bool broken() const noexcept override { return false; }
  void stalled(bool) override {}
  void stopping() override { over_ = true; }
  void keep_alive() override { silence_ = true; }

 private:
  std::shared_ptr<BalanceNews> news_;
  std::unique_ptr<store::Watch> watch_;
  bool silence_ = false;
  bool over_ = false;
};

}  // namespace parley::api
