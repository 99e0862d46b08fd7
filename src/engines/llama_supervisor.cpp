#include "engines/llama_supervisor.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <exception>

#include "base/log.h"
#include "crypto/random.h"
#include "engines/loopback_port.h"

namespace parley::engines {
namespace {

namespace asio = async::asio;
using base::LogLevel;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t last_lines_max = 10;
/// How long a client is told to wait for a model that is loading: nobody knows how long it takes.
constexpr seconds loading_about{5};
constexpr int failed_loads_until_error = 3;
/// The log says that the model is loading after a second, and each time that twice as long has passed, but at least
/// once in a minute.
constexpr seconds first_progress{1};
constexpr seconds progress_every_max{60};
constexpr upstream::Limits health_limits{.connect = milliseconds(1'000),
                                         .first_byte = milliseconds(2'000),
                                         .between_bytes = milliseconds(2'000),
                                         .whole = milliseconds(3'000),
                                         .reply_bytes_max = 64 * 1024};

std::int64_t seconds_since(steady_clock::time_point begin) {
  return std::chrono::floor<seconds>(steady_clock::now() - begin).count();
}

}  // namespace

LlamaSupervisor::LlamaSupervisor(LlamaCommand command, LlamaTimes times, LlamaListener& listener,
                                 base::Metrics* metrics)
    : command_(std::move(command)), times_(times), listener_(listener) {
  if (metrics != nullptr) {
    up_ = &metrics->gauge("parley_local_model_up", "1 while the local model answers, else 0.");
    restarts_ = &metrics->counter("parley_local_model_restarts_total", "Starts of the local model after its first.");
  }
  listener_.llama_down(loading_about);
  asio::co_spawn(loop_.context(), supervise(), [this](const std::exception_ptr& failure) {
    if (failure) base::log(LogLevel::error, "local_model_given_up");
    child_.reset();
    finished_.set_value();
  });
}

LlamaSupervisor::~LlamaSupervisor() {
  asio::post(loop_.context(), [this] {
    stopping_ = true;
    alarm_.cancel();
  });
  finished_.get_future().wait();
  loop_.stop();
  client_.close();
}

async::Task<> LlamaSupervisor::supervise() {
  milliseconds wait = times_.restart_first;
  while (!stopping_) {
    const auto up_for = co_await run_once();
    if (stopping_) co_return;
    if (up_for && *up_for >= times_.steady_after) wait = times_.restart_first;
    base::log(LogLevel::info, "local_model_restarts", {{"in_ms", wait.count()}});
    listener_.llama_down(std::chrono::ceil<seconds>(wait) + loading_about);
    co_await pause_until(steady_clock::now() + wait);
    wait = std::min(wait * 2, times_.restart_max);
    if (!stopping_ && restarts_ != nullptr) restarts_->add();
  }
}

async::Task<std::optional<milliseconds>> LlamaSupervisor::run_once() {
  const auto port = free_loopback_port();
  if (port.has_error()) {
    base::log(LogLevel::error, "local_model_not_started", {{"why", port.error().detail}});
    co_return std::nullopt;
  }
  const std::string origin = "http://127.0.0.1:" + std::to_string(*port);
  const std::string key = crypto::random_text();
  last_lines_.clear();
  loading_ = true;
  const auto begun = steady_clock::now();
  auto started = ChildProcess::start(command_.on(*port, key), loop_.executor(), *this);
  if (started.has_error()) {
    base::log(LogLevel::error, "local_model_not_started",
              {{"why", started.error().message}, {"detail", started.error().detail}});
    co_return std::nullopt;
  }
  child_ = std::move(*started);
  base::log(LogLevel::info, "local_model_starts",
            {{"model", command_.model.source}, {"program", command_.program}, {"pid", child_->pid()}, {"port", *port}});
  listener_.llama_down(loading_about);

  const bool healthy = co_await wait_until_healthy(origin, *port);
  const auto up_since = steady_clock::now();
  if (healthy) {
    loading_ = false;
    failed_loads_ = 0;
    last_lines_.clear();
    base::log(LogLevel::info, "local_model_up", {{"model", command_.model.name}, {"after_s", seconds_since(begun)}});
    if (up_ != nullptr) up_->set(1);
    listener_.llama_up(origin, key);
    while (!over()) co_await pause_until(SteadyTime::max());
    listener_.llama_down(loading_about);
    if (up_ != nullptr) up_->set(0);
  }
  if (stopping_) co_await end_child();
  log_end(begun, healthy);
  child_.reset();
  if (!healthy) co_return std::nullopt;
  co_return std::chrono::floor<milliseconds>(steady_clock::now() - up_since);
}

async::Task<bool> LlamaSupervisor::wait_until_healthy(const std::string& origin, std::uint16_t port) {
  const auto begun = steady_clock::now();
  seconds progress = first_progress;
  bool warned = false;
  while (!over()) {
    const bool healthy = co_await is_healthy(origin);
    if (over()) co_return false;
    if (healthy && !strangers_listen_on(port)) co_return true;
    if (healthy && !warned) {
      warned = true;
      base::log(LogLevel::warning, "local_model_port_taken", {{"port", port}});
    }
    if (steady_clock::now() - begun >= progress) {
      base::log(LogLevel::info, "local_model_loading", {{"for_s", seconds_since(begun)}});
      progress += std::min(progress, progress_every_max);
    }
    co_await pause_until(steady_clock::now() + times_.health_every);
  }
  co_return false;
}

async::Task<bool> LlamaSupervisor::is_healthy(const std::string& origin) {
  // 503 while it loads; no connection before that, while it downloads the model.
  upstream::Request request;
  request.method = "GET";
  request.url = origin + "/health";
  request.limits = health_limits;
  const upstream::Outcome outcome = co_await client_.send(std::move(request));
  co_return outcome.has_value() && outcome->status == 200;
}

async::Task<> LlamaSupervisor::end_child() {
  child_->signal(SIGTERM);
  const auto deadline = steady_clock::now() + times_.end_max;
  while (!child_->end() && steady_clock::now() < deadline) co_await pause_until(deadline);
  if (child_->end()) co_return;
  base::log(LogLevel::warning, "local_model_killed", {{"ignored_sigterm_for_ms", times_.end_max.count()}});
  child_->signal(SIGKILL);
  while (!child_->end()) co_await pause_until(SteadyTime::max());
}

async::Task<> LlamaSupervisor::pause_until(SteadyTime time) {
  alarm_.expires_at(time);
  co_await alarm_.async_wait(asio::as_tuple(async::use_task));
}

void LlamaSupervisor::log_end(SteadyTime begun, bool was_up) {
  const std::string end = child_->end() ? child_->end()->text() : "";
  if (stopping_) return base::log(LogLevel::info, "local_model_ended", {{"end", end}});
  if (was_up) {
    base::log(LogLevel::warning, "local_model_died", {{"end", end}, {"after_s", seconds_since(begun)}});
    return;
  }
  failed_loads_ = std::min(failed_loads_ + 1, failed_loads_until_error);
  const LogLevel level = failed_loads_ < failed_loads_until_error ? LogLevel::warning : LogLevel::error;
  base::log(level, "local_model_died_loading", {{"end", end}, {"after_s", seconds_since(begun)}});
  for (const std::string& text : last_lines_) base::log(level, "local_model_said", {{"line", text}});
}

void LlamaSupervisor::line(std::string_view text) {
  base::log(LogLevel::debug, "local_model_says", {{"line", text}});
  if (!loading_) return;
  if (last_lines_.size() == last_lines_max) last_lines_.pop_front();
  last_lines_.emplace_back(text);
}

}  // namespace parley::engines
