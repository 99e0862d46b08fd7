#include "async/loop.h"

#include <pthread.h>

#include <exception>

#include "base/log.h"

namespace parley::async {

Loop::Loop(std::string name) : thread_([this, name = std::move(name)] { run(name); }) {}

Loop::~Loop() {
  stop();
}

void Loop::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::run(const std::string& name) {
  pthread_setname_np(pthread_self(), name.c_str());
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& failure) {
      base::log(base::LogLevel::error, "loop_handler_threw", {{"loop", name}, {"what", failure.what()}});
    } catch (...) {
      base::log(base::LogLevel::error, "loop_handler_threw", {{"loop", name}});
    }
  }
}

}  // namespace parley::async
