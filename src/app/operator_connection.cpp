#include "app/operator_connection.h"

#include <future>

#include "accounts/accounts.h"
#include "api/operator_handlers.h"
#include "app/parts.h"
#include "async/loop.h"
#include "async/offload_pool.h"
#include "async/run_to_end.h"
#include "base/clock.h"
#include "upstream/client.h"

namespace parley::app {
namespace {

/// Through the admin.sock of the server that has the folder.
class ThroughServer final : public OperatorConnection {
 public:
  explicit ThroughServer(std::string socket) : socket_(std::move(socket)) {}
  ~ThroughServer() override {
    loop_.stop();
    client_.close();
  }

  base::Result<OperatorAnswer> post(const std::string& path, const std::string& json) override {
    upstream::Request request;
    request.method = "POST";
    request.url = "http://localhost" + path;
    request.headers = {"Content-Type: application/json"};
    request.body = json;
    request.unix_socket = socket_;
    std::promise<upstream::Outcome> promise;
    auto future = promise.get_future();
    async::asio::co_spawn(loop_.executor(), client_.send(std::move(request)),
                          [&promise](const std::exception_ptr& failure, upstream::Outcome outcome) {
                            if (failure) {
                              promise.set_exception(failure);
                            } else {
                              promise.set_value(std::move(outcome));
                            }
                          });
    auto response = future.get();
    if (response.has_error()) {
      return base::Error{.code = base::ErrorCode::store_unavailable,
                         .message = "A server has the data folder, but does not answer on " + socket_ + " (" +
                                    response.error().detail + ").",
                         .detail = response.error().detail};
    }
    return OperatorAnswer{.status = response->status, .body = std::move(response->body)};
  }

 private:
  std::string socket_;
  async::Loop loop_{"operator"};
  upstream::Client client_{{&loop_.context()}};
};

/// In this process, which has the folder's lock meanwhile.
class InProcess final : public OperatorConnection {
 public:
  InProcess(std::unique_ptr<base::SystemClock> clock, std::unique_ptr<store::Store> store, const Settings& settings)
      : clock_(std::move(clock)),
        store_(std::move(store)),
        accounts_(*store_, hashing_, *clock_, context_.get_executor(), account_settings(settings)),
        handlers_(*store_, accounts_) {}
  ~InProcess() override {
    hashing_.stop();
    store_->drain();
  }

  base::Result<OperatorAnswer> post(const std::string& path, const std::string& json) override {
    http::Request request;
    request.method = http::Method::post;
    request.method_text = "POST";
    request.path = path;
    request.headers = {{.name = "Content-Type", .value = "application/json"}};
    request.body = json;
    request.id = "local";
    const auto handler = handlers_.handler();
    http::Response response = async::run_to_end(context_, handler(request));
    return OperatorAnswer{.status = response.status, .body = std::move(response.body)};
  }

 private:
  std::unique_ptr<base::SystemClock> clock_;
  std::unique_ptr<store::Store> store_;
  async::asio::io_context context_{1};
  async::OffloadPool hashing_{hashing_limits()};
  accounts::Accounts accounts_;
  api::OperatorHandlers handlers_;
};

}  // namespace

base::Result<std::unique_ptr<OperatorConnection>> OperatorConnection::open(const Settings& settings,
                                                                           bool may_make_database) {
  std::error_code unknown;
  if (!may_make_database && !std::filesystem::exists(settings.data / store::sqlite::database_name, unknown)) {
    return base::Error{
        .code = base::ErrorCode::not_found,
        .message = "There is no database in " + settings.data.string() + "; name its folder with --data.",
        .detail = ""};
  }
  auto clock = std::make_unique<base::SystemClock>();
  auto keeper = open_keeper(settings, *clock, nullptr, [](const base::Error&) {});
  if (keeper.has_error()) {
    if (keeper.error().code != base::ErrorCode::conflict) return std::move(keeper).error();
    return std::unique_ptr<OperatorConnection>(std::make_unique<ThroughServer>(admin_socket_path(settings.data)));
  }
  return std::unique_ptr<OperatorConnection>(
      std::make_unique<InProcess>(std::move(clock), std::move(*keeper), settings));
}

}  // namespace parley::app
